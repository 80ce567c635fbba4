"""Workers killed with SIGKILL, as real processes, over a real database and a real sandbox."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.loyalty.port import CardBlock, CardState
from integrations.loyalty.sandbox.people import sample_people
from integrations.operations.port import OperationState
from integrations.operations.schema import upgrade
from integrations.operations.sender import OperationSender
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.call_records.under_test import write_lock
from tests.integrations.conftest import PATIENT_SECONDS
from tests.integrations.loyalty.sandbox_under_test import SandboxUnderTest, sandbox_under_test
from tests.integrations.operations.doomed_worker import CALL_ID, KEY
from tests.integrations.operations.examples import ACCEPTED_AT, SETTINGS, operation

ROOT = Path(__file__).parents[3]
LIMIT_SECONDS = 60.0


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[SandboxUnderTest]:
    async with sandbox_under_test(f"sqlite+aiosqlite:///{tmp_path}/sandbox.db") as running:
        yield running


@asynccontextmanager
async def worker(module: str, *arguments: str) -> AsyncIterator[Process]:
    """Start a worker, wait until it says where it stands, and kill it at the end of the block."""
    name = f"tests.integrations.operations.{module}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", name, *arguments, cwd=ROOT, stdout=PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(LIMIT_SECONDS):
            assert await process.stdout.readline(), "it ended before it came that far"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def operations_done_by(folder: Path) -> list[tuple[str]]:
    """Read the keys under which the sandbox has carried something out, or refused it."""
    connection = sqlite3.connect(folder / "sandbox.db")
    try:
        return connection.execute("SELECT key FROM loyalty_sandbox_operations ORDER BY key").fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("moment", "sent_before"), [("spooled", False), ("accepted", False), ("claimed", False), ("sent", True)]
)
async def test_an_accepted_merge_is_carried_out_once_whenever_its_worker_is_killed(
    database_url: str, sqlite_url: str, sandbox: SandboxUnderTest, tmp_path: Path, moment: str, sent_before: bool
) -> None:
    if moment == "spooled":
        database_url = sqlite_url  # one that can be locked
    await upgrade(database_url)
    spool = tmp_path / "worker.spool"
    arguments = (moment, database_url, sandbox.url, str(spool))
    if moment == "spooled":
        with write_lock(sqlite_url):
            async with worker("doomed_worker", *arguments) as process:
                process.kill()
    else:
        async with worker("doomed_worker", *arguments) as process:
            process.kill()
    assert operations_done_by(tmp_path) == [(KEY,)] * sent_before

    inner = SqlOperationLog(database_url, limit_seconds=PATIENT_SECONDS)
    log = SpooledOperationLog(inner, spool)  # the killed worker's claim on the file is gone with it
    assert await log.import_spool() == int(moment == "spooled")
    (record,) = await log.of_call(CALL_ID)
    assert record.state is (OperationState.SENT if moment in ("claimed", "sent") else OperationState.ACCEPTED)
    loyalty = sandbox.client()
    after_the_lease = datetime.now(UTC) + timedelta(seconds=SETTINGS.lease_seconds)
    sender = OperationSender(log, loyalty, SETTINGS, clock=lambda: after_the_lease)
    assert [await sender.send_due() for _ in range(2)] == [1, 0]
    (record,) = await log.of_call(CALL_ID)
    dmitry = await loyalty.customer_by_id("c-0002")
    assert dmitry is not None
    assert (record.state, operations_done_by(tmp_path)) == (OperationState.DONE, [(KEY,)])
    assert sorted(card.points for card in dmitry.cards) == [0, 425]
    await loyalty.close()
    log.close()
    await inner.close()


async def test_workers_that_are_killed_at_random_send_everything_once_in_the_end(
    sqlite_url: str, sandbox: SandboxUnderTest, tmp_path: Path
) -> None:
    """Two at a time, whose leases are always over too soon, while the sandbox loses every other answer."""
    await upgrade(sqlite_url)
    log = SqlOperationLog(sqlite_url, limit_seconds=PATIENT_SECONDS)
    active = [card for person in sample_people().people for card in person.cards if card.state is CardState.ACTIVE]
    accepted = [operation(CardBlock(card.number), at=ACCEPTED_AT) for card in active[:16]]
    for one in accepted:
        await log.accept(one)
    await sandbox.ask(
        "PUT",
        "/sandbox/switches",
        {"switches": [{"mode": "lost", "only_card": card.number, "times": 1} for card in active[:16:2]]},
    )
    chance = random.Random(5)
    for _ in range(3):
        async with (
            worker("restless_worker", sqlite_url, sandbox.url) as one_worker,
            worker("restless_worker", sqlite_url, sandbox.url) as other_worker,
        ):
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            one_worker.kill()
            await asyncio.sleep(chance.uniform(0.0, 0.3))
            other_worker.kill()
    async with worker("restless_worker", sqlite_url, sandbox.url), asyncio.timeout(LIMIT_SECONDS):
        while (await log.backlog()).operations:
            await asyncio.sleep(0.05)
    records = await log.of_call("call-1")
    assert {record.state for record in records} == {OperationState.DONE}, "a second try would have been refused"
    assert operations_done_by(tmp_path) == sorted((one.key,) for one in accepted)
    await log.close()
