"""The sandbox as the line starts it: a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.integrations.loyalty.sandbox_under_test import PATIENT, TOKEN, SandboxUnderTest

LIMIT_SECONDS = 30.0
ANNA = "+79160000001"


@asynccontextmanager
async def started(
    *options: str, token: str | None = TOKEN.get_secret_value(), **more_environment: str
) -> AsyncIterator[Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YULIA_")}
    environment |= more_environment
    if token is not None:
        environment["YULIA_LOYALTY__TOKEN"] = token
    command = (sys.executable, "-m", "integrations.loyalty.sandbox", *options)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready_url(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT_SECONDS):
        async for line in process.stdout:
            entry = json.loads(line)
            if entry["event"] == "loyalty sandbox is ready":
                assert entry["people"] >= 30
                return str(entry["url"])
    raise AssertionError("the sandbox ended before it was ready")


async def ended(process: Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(LIMIT_SECONDS):
        output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop_even_with_a_hanging_caller(
    database_url: str, number: signal.Signals
) -> None:
    async with started("--port", "0", "--database-url", database_url) as process:
        url = await ready_url(process)
        async with aiohttp.ClientSession() as http:
            sandbox = SandboxUnderTest(url, http)
            client = sandbox.client()
            anna = await client.customer_by_phone(ANNA)
            assert anna is not None
            assert anna.first_name == "Анна"
            await sandbox.switch(mode="hang", only_phone=ANNA)
            hanging = asyncio.create_task(client.customer_by_phone(ANNA))
            while await sandbox.used() != [1]:
                await asyncio.sleep(0.01)
            process.send_signal(number)
            returncode, output, errors = await ended(process)
            with pytest.raises(Exception, match="no connection"):
                await hanging
            await client.close()
    assert (returncode, errors) == (0, "")
    assert json.loads(output.splitlines()[-1])["event"] == "loyalty sandbox stops"
    assert "9160000001" not in output


async def test_requests_are_logged_on_demand_without_what_they_ask(database_url: str) -> None:
    async with started("--port", "0", "--database-url", database_url, "--verbose") as process:
        url = await ready_url(process)
        async with aiohttp.ClientSession() as http:
            sandbox = SandboxUnderTest(url, http)
            client = sandbox.client(PATIENT)
            await client.customer_by_phone(ANNA)
            await client.close()
        process.terminate()
        _, output, _ = await ended(process)
    logged = [json.loads(line) for line in output.splitlines()]
    assert any(entry.get("path") == "/v1/customers/by-phone" and entry["status"] == 200 for entry in logged)
    assert "9160000001" not in output


@pytest.mark.parametrize("token", [None, "", "short"])
async def test_without_a_token_worth_the_name_it_does_not_start(database_url: str, token: str | None) -> None:
    async with started("--port", "0", "--database-url", database_url, token=token) as process:
        returncode, output, errors = await ended(process)
    assert (returncode, output) == (2, "")
    assert "set YULIA_LOYALTY__TOKEN" in errors
    assert "Traceback" not in errors


async def test_a_port_that_is_taken_is_told_in_a_sentence(database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with started("--port", str(port), "--database-url", database_url) as process:
            returncode, _, errors = await ended(process)
    assert returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://root:hunter2hunter2@localhost/x", "--database-url must start with"),
        ("sqlite+aiosqlite:////nowhere/at/all/sandbox.db", "sandbox.db: unable to open database file"),
        ("postgresql+asyncpg://yulia:hunter2hunter2@127.0.0.1:1/yulia", "reach the database"),
    ],
)
async def test_a_database_out_of_reach_is_told_in_a_sentence(url: str, told: str) -> None:
    async with started("--port", "0", "--database-url", url) as process:
        returncode, output, errors = await ended(process)
    assert returncode == 2
    assert told in errors
    assert "Traceback" not in errors
    assert "hunter2" not in output + errors


async def test_its_help_teaches(tmp_path: Path) -> None:
    async with started("--help", token=None) as process:
        returncode, output, _ = await ended(process)
    assert returncode == 0
    for word in ("YULIA_LOYALTY__TOKEN", "curl", "/sandbox/switches", "/sandbox/reset", "/openapi.json", "people.yml"):
        assert word in output
    assert max(len(line) for line in re.split(r"\n", output)) <= 80


async def test_the_address_of_its_database_can_be_kept_off_the_command_line(database_url: str) -> None:
    async with started("--port", "0", YULIA_LOYALTY__SANDBOX_DATABASE_URL=database_url) as process:
        assert await ready_url(process)
        command_line = (Path("/proc") / str(process.pid) / "cmdline").read_text()
        assert "://" not in command_line
        process.terminate()
        assert (await ended(process))[0] == 0
