"""Whole lines with the real Redis, Asterisk and loyalty sandbox; only the worker is a stand-in."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import shutil
import socket
import stat
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import aiohttp.web
import psutil
import pytest
import redis.asyncio

from ivr.line.line import Line
from ivr.line.plan import ASTERISK, LOYALTY, REDIS, WORKER, LinePlan
from ivr.line.ports import PortTaken
from ivr.line.processes import ProcessFailed, ProcessState
from ivr.line.settings import AsteriskSettings
from ivr.line.state import CHECKOUT, AlreadyRunning
from tests.ivr.line.conftest import asterisk_settings, servers_only
from tests.ivr.line.sip_phone import SipPhone
from tests.ivr.line.stand_in_worker import AgiCall, StandInWorker
from tests.ivr.line.test_processes import is_gone

STAND_IN_PROCESS = (sys.executable, "-m", "tests.ivr.line.stand_in_process")


def asterisk_log(line: Line) -> str:
    return (line.folders.asterisk / "log/messages").read_text()


async def ami(line: Line, *actions: str) -> list[str]:
    """Log in to AMI, send each action, give each answer."""
    reader, writer = await asyncio.open_connection(line.plan.ami.host, line.plan.ami.port)
    answers = []
    try:
        await reader.readline()
        login = f"Login\r\nUsername: {line.plan.ami_username}\r\nSecret: {line.ami_secret}\r\nEvents: off"
        for action in (login, *actions):
            writer.write(f"Action: {action}\r\n\r\n".encode())
            async with asyncio.timeout(10):
                answer = (await reader.readuntil(b"\r\n\r\n")).decode()
                while not answer.startswith("Response:"):
                    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            answers.append(answer)
    finally:
        writer.close()
    assert "Authentication accepted" in answers[0]
    return answers[1:]


@pytest.mark.usefixtures("line")
@pytest.mark.asyncio(loop_scope="module")
class TestARunningLine:
    async def test_asterisk_boots_without_a_word_of_complaint(self, line: Line) -> None:
        assert not re.findall(r".*\b(?:WARNING|ERROR)\b.*", asterisk_log(line))

    async def test_whoever_wants_to_call_can_wait_for_a_worker_that_is_coming_up(self, line: Line) -> None:
        assert not await line.ready_within(0.5)
        states = iter([503, 200])

        async def readyz(_request: aiohttp.web.Request) -> aiohttp.web.Response:
            return aiohttp.web.Response(status=next(states))

        app = aiohttp.web.Application()
        app.router.add_get("/readyz", readyz)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        try:
            await aiohttp.web.TCPSite(runner, line.plan.web.host, line.plan.web.port).start()
            assert await line.ready_within(5)
        finally:
            await runner.cleanup()

    async def test_every_module_of_the_list_runs(self, line: Line) -> None:
        loaded = await line.rx("module show")
        assert "63 modules will be loaded" in asterisk_log(line)
        assert "Not Running" not in loaded

    async def test_everything_listens_on_loopback_only_in_a_call_too(self, line: Line) -> None:
        async def worker(call: AgiCall) -> None:
            await call.command("ANSWER")
            await asyncio.Event().wait()

        async with (
            StandInWorker(line.plan.agi.host, line.plan.agi.port, worker) as stand_in,
            SipPhone((line.sip.host, line.sip.port), "79160000000") as caller,
        ):
            _, call = await caller.call("100")
            await asyncio.wait_for(stand_in.requests.get(), 10)
            listening = [
                (connection.type, connection.laddr.ip, connection.laddr.port)
                for process in line.processes.values()
                for connection in psutil.Process(process.pid).net_connections("inet")
                if connection.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)
            ]
            await caller.hang_up(call)
        asterisk, ports = line.plan.asterisk, {port for _, _, port in listening}
        call_audio = set(range(asterisk.rtp_first_port, asterisk.rtp_last_port + 1))
        ours = call_audio | {line.sip.port, line.plan.ami.port, line.plan.redis.port}
        assert {line.sip.port, line.plan.ami.port, line.plan.redis.port} <= ports
        assert ports & call_audio
        # PJSIP's DNS client keeps two UDP sockets of its own, on ports that the kernel chose. Nothing else is open.
        on_other_addresses = [where for where in listening if not ipaddress.ip_address(where[1]).is_loopback]
        assert not [where for where in on_other_addresses if where[2] in ours]
        assert [kind for kind, _, _ in on_other_addresses] == [socket.SOCK_DGRAM] * len(on_other_addresses)
        assert len(on_other_addresses) <= 2

    async def test_the_ami_user_has_the_rights_it_needs(self, line: Line) -> None:
        redirect = "Redirect\r\nChannel: PJSIP/none\r\nContext: to-agent\r\nExten: start\r\nPriority: 1"
        ping, core, queue, redirected = await ami(line, "Ping", "CoreSettings", "QueueStatus", redirect)
        assert "Ping: Pong" in ping
        assert "AsteriskVersion" in core
        assert "Response: Success" in queue
        assert "does not exist" in redirected

    async def test_the_ami_user_can_do_nothing_else(self, line: Line) -> None:
        forbidden = (
            "Originate\r\nChannel: PJSIP/agent1\r\nApplication: System\r\nData: id",
            "Command\r\nCommand: core show version",
            "UpdateConfig\r\nSrcFilename: manager.conf\r\nDstFilename: manager.conf",
            "GetConfig\r\nFilename: manager.conf",
            "DBPut\r\nFamily: a\r\nKey: b\r\nVal: c",
            "ModuleLoad\r\nLoadType: unload\r\nModule: chan_pjsip.so",
            "Reload",
            "QueueAdd\r\nQueue: hotline\r\nInterface: PJSIP/hotline",
        )
        for action, answer in zip(forbidden, await ami(line, *forbidden), strict=True):
            assert re.search(r"Permission denied|Invalid/unknown command", answer), (action, answer)

    async def test_nobody_gets_into_ami_with_another_password(self, line: Line) -> None:
        reader, writer = await asyncio.open_connection(line.plan.ami.host, line.plan.ami.port)
        await reader.readline()
        writer.write(b"Action: Login\r\nUsername: yulia\r\nSecret: yulia\r\n\r\n")
        assert b"Authentication failed" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()

    async def test_redis_wants_its_password_and_writes_every_change_down(self, line: Line) -> None:
        open_door = redis.asyncio.Redis(host="127.0.0.1", port=line.plan.redis.port)
        with pytest.raises(redis.exceptions.AuthenticationError):
            await open_door.ping()
        await open_door.aclose()
        client = redis.asyncio.Redis.from_url(line.redis_url)
        assert (await client.config_get("appendonly"))["appendonly"] == "yes"
        rewritten_at = await client.config_get("auto-aof-rewrite-min-size")
        assert int(rewritten_at["auto-aof-rewrite-min-size"]) <= 2**20, "callers' data outlives its time in the log"
        await client.set("kept", "yes")
        await client.aclose()
        await line.stop_part(REDIS)
        await line.start_part(REDIS)
        again = redis.asyncio.Redis.from_url(line.redis_url)
        assert await again.get("kept") == b"yes"
        await again.aclose()

    async def test_secrets_stand_on_no_command_line_and_in_no_readable_file(self, line: Line) -> None:
        secrets = (line.ami_secret, line.secrets.redis_password, *line.secrets.agents.values())
        for process in line.processes.values():
            said = " ".join(psutil.Process(process.pid).cmdline())
            assert not [secret for secret in secrets if secret in said]
        for path in line.plan.state_dir.rglob("*"):
            if path.is_file() and not path.is_symlink() and any(s.encode() in path.read_bytes() for s in secrets):
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path

    async def test_nothing_that_the_servers_write_is_readable_by_others(self, line: Line) -> None:
        for folder in (line.folders.asterisk, line.folders.redis, line.folders.logs):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in (line.folders.redis / "appendonlydir", line.folders.asterisk / "lib/astdb.sqlite3"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
    async def test_servers_started_by_root_do_not_run_as_root(self, line: Line) -> None:
        for process in line.processes.values():
            assert psutil.Process(process.pid).username() == "yulia"

    async def test_a_phone_stays_registered_over_a_restart_of_asterisk(self, line: Line) -> None:
        agent = SipPhone((line.sip.host, line.sip.port), "agent2", line.secrets.agents["agent2"])
        async with agent:
            assert await agent.register() == 200
            before = line.processes[ASTERISK].pid
            await line.restart_asterisk()
            assert line.processes[ASTERISK].pid != before
            assert "sip:agent2@" in await line.rx("pjsip show contacts")
            assert await agent.register(expires=0) == 200

    async def test_a_port_that_is_taken_is_told_before_anything_starts(self, line: Line, notices: Path) -> None:
        other = servers_only(notices)
        try:
            with pytest.raises(PortTaken, match=r"AMI of Asterisk.*taken by.*YULIA_AMI__PORT"):
                async with Line(replace(other.plan, ami=line.plan.ami)):
                    pass
        finally:
            await other.stop()

    async def test_a_second_line_on_the_same_state_folder_is_refused(self, line: Line, notices: Path) -> None:
        other = servers_only(notices)
        try:
            with pytest.raises(AlreadyRunning):
                async with Line(replace(other.plan, state_dir=line.plan.state_dir)):
                    pass
        finally:
            await other.stop()
        assert line.processes[ASTERISK].state is ProcessState.READY
        assert line.folders.addresses_file.exists()


async def test_two_lines_run_side_by_side(notices: Path) -> None:
    async with servers_only(notices) as one, servers_only(notices) as two:
        assert one.sip != two.sip
        assert one.secrets.ami_secret != two.secrets.ami_secret
        for line in (one, two):
            assert str(line.sip) in await line.rx("pjsip show transports")
            assert not re.findall(r".*\b(?:WARNING|ERROR)\b.*", asterisk_log(line))
        await one.stop_part(ASTERISK)
        assert "Asterisk" in await two.rx("core show version")


async def test_the_files_of_a_line_without_a_state_folder_go_with_it(notices: Path) -> None:
    async with servers_only(notices) as line:
        state_dir = line.plan.state_dir
        assert state_dir.exists()
    assert not state_dir.exists()


def full_line(notices: Path, **changes: object) -> Line:
    plan = LinePlan(Path("/"), asterisk=asterisk_settings(), notices_dir=notices, worker_command=STAND_IN_PROCESS)
    return Line.on_free_ports(base=replace(plan, **changes))


async def test_a_worker_is_given_every_address_and_secret_by_environment(notices: Path) -> None:
    async with full_line(notices, environment={"YULIA_HEARING__MODEL": "none"}) as line:
        given = json.loads((line.plan.state_dir / "worker-environment.json").read_text())
        assert given["YULIA_AMI__SECRET"] == line.secrets.ami_secret
        assert given["YULIA_REDIS__URL"] == line.redis_url
        assert given["YULIA_AGI__PORT"] == str(line.plan.agi.port)
        assert given["YULIA_HEARING__MODEL"] == "none"
        # Lists survive the way through the environment.
        prefix = "YULIA_ASTERISK__"
        restored = {
            name.removeprefix(prefix).lower(): value for name, value in given.items() if name.startswith(prefix)
        }
        for name in ("agents", "queues", "trunk_sources"):
            restored[name] = json.loads(restored[name])
        assert AsteriskSettings.model_validate(restored) == line.plan.asterisk
        # The loyalty service knows the same token.
        headers = {"Authorization": f"Bearer {line.loyalty_token}"}
        url = f"{line.loyalty_url}/openapi.json"
        async with aiohttp.ClientSession(headers=headers) as client, client.get(url) as answer:
            assert answer.status == 200
        facts = json.loads(line.folders.addresses_file.read_text())
        assert facts["hotline"] == line.hotline_uri
        assert set(facts["processes"]) == {REDIS, LOYALTY, ASTERISK, WORKER}
        assert line.secrets.loyalty_token not in line.folders.addresses_file.read_text()


async def test_a_killed_worker_is_back_by_itself(notices: Path) -> None:
    async with full_line(notices, parts=frozenset({WORKER}), redis_url="redis://elsewhere") as line:
        worker = line.processes[WORKER]
        killed = line.kill_worker()
        await worker.wait_for(ProcessState.RESTARTING, limit_seconds=10)
        await worker.wait_for(ProcessState.READY, limit_seconds=30)
        assert worker.pid not in (None, killed)


async def test_a_worker_that_cannot_start_takes_the_others_down_again_and_says_why(notices: Path) -> None:
    broken = (sys.executable, "-c", "raise SystemExit('no model, no ears')")
    line = full_line(notices, worker_command=broken, parts=frozenset({REDIS, ASTERISK, WORKER}))
    with pytest.raises(ExceptionGroup) as failures:
        async with line:
            pass
    (failure,) = failures.value.exceptions
    assert isinstance(failure, ProcessFailed)
    assert failure.name == WORKER
    assert "no model, no ears" in str(failure)
    assert {process.pid for process in line.processes.values()} == {None}


async def test_nothing_is_left_behind_when_the_supervisor_is_killed(notices: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ivr.line.line_on_its_own", str(notices)),
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert program.stdout is not None
    facts = json.loads(await asyncio.wait_for(program.stdout.readline(), 60))
    try:
        assert len(facts["pids"]) == 2
        assert not [pid for pid in facts["pids"] if is_gone(pid)]
        program.kill()
        await program.wait()
        async with asyncio.timeout(20):
            while not all(is_gone(pid) for pid in facts["pids"]):
                await asyncio.sleep(0.05)
    finally:
        shutil.rmtree(facts["state_dir"], ignore_errors=True)
