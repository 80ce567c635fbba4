"""A whole line, started once for all whole-call tests, or by one test for itself."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from integrations.call_context.port import CallContext
from integrations.call_context.redis_store import RedisCallContextStore
from integrations.call_records.port import CallRecord
from integrations.call_records.sql_records import SqlCallRecords
from integrations.desk.port import DeskEvent
from integrations.desk.redis_desk import RedisDesk
from integrations.operations.sql_operations import SqlOperationLog
from integrations.redis_link import RedisLink
from integrations.settings import RedisSettings, RetentionSettings
from ivr.line.line import Line
from ivr.line.plan import LinePlan
from ivr.line.settings import AsteriskSettings

SPEECH_CACHE = Path(tempfile.gettempdir()) / f"yulia-test-speech-cache-{os.getuid()}"
"""Shared by all lines under test, so that each prompt is spoken once."""
RECORD_LIMIT_SECONDS = 20.0
EVENTS_LIMIT_SECONDS = 20.0


def plan(**environment: str) -> LinePlan:
    """Plan a line for tests: a root folder of Asterisk may be named by the usual setting."""
    root = os.environ.get("YULIA_ASTERISK__ROOT_DIR")
    return LinePlan(
        Path("/"),
        asterisk=AsteriskSettings(root_dir=Path(root) if root else None, queue_unstaffed_limit_seconds=5),
        environment={
            "YULIA_SPEECH__CACHE_DIR": str(SPEECH_CACHE),
            "YULIA_SPEECH__ENGINE": "pyttsx3",
            "YULIA_LOGS__LEVEL": "info",
            **environment,
        },
    )


@dataclass(frozen=True, slots=True)
class LineAddresses:
    """All that a test needs of a running line; plain, so that it can be given to other processes."""

    sip: str
    web: str
    loyalty_url: str
    loyalty_token: str
    redis_url: str
    database_url: str
    agents: dict[str, str]
    logs: str

    @classmethod
    def of(cls, line: Line) -> LineAddresses:
        """Read them off a line that was entered."""
        return cls(
            sip=str(line.sip),
            web=f"http://{line.plan.web}",
            loyalty_url=line.loyalty_url,
            loyalty_token=line.loyalty_token,
            redis_url=line.redis_url,
            database_url=line.database_url,
            agents=dict(line.secrets.agents),
            logs=str(line.folders.logs),
        )

    def as_dict(self) -> dict[str, Any]:
        """Make it fit for another process."""
        return asdict(self)

    async def latest_record(self, caller_last4: str) -> CallRecord:
        """Wait for the finished record of the newest call from a number."""
        records = SqlCallRecords(self.database_url)
        try:
            async with asyncio.timeout(RECORD_LIMIT_SECONDS):
                while True:
                    for record in await records.latest(50):
                        if record.start.caller_number is not None and record.start.caller_number.endswith(caller_last4):
                            if record.end is not None:
                                return record
                            break
                    await asyncio.sleep(0.1)
        finally:
            await records.close()

    async def context(self, key: str) -> CallContext | None:
        """Read the context that a key stands for."""
        async with RedisLink(RedisSettings(url=self.redis_url, limit_seconds=2.0)) as link:
            return await RedisCallContextStore(link, RetentionSettings()).load(key)

    async def contexts(self) -> list[CallContext]:
        """Read the contexts of all calls, those under way included, the oldest first."""
        async with RedisLink(RedisSettings(url=self.redis_url, limit_seconds=2.0)) as link:
            store = RedisCallContextStore(link, RetentionSettings())
            prefix = link.key("context", "")
            keys = [key.decode() async for key in link.client.scan_iter(f"{prefix}*", count=1000)]
            found = [await store.load(key.removeprefix(prefix)) for key in keys]
        return sorted((each for each in found if each is not None), key=lambda context: context.started_at)

    async def live_context(self, caller_number: str) -> CallContext:
        """Read the context of the newest call from a number, while it goes on or after."""
        return [each for each in await self.contexts() if each.caller_number == caller_number][-1]

    async def desk_events(self, call_id: str, until: str) -> list[DeskEvent]:
        """Collect a call's desk events until one of kind `until` came."""
        seen: list[DeskEvent] = []
        async with (
            RedisLink(RedisSettings(url=self.redis_url, limit_seconds=2.0)) as link,
            asyncio.timeout(EVENTS_LIMIT_SECONDS),
        ):
            async for event in RedisDesk(link, RetentionSettings()).events(from_start=True):
                if event.context.call_id == call_id:
                    seen.append(event)
                    if event.kind.value == until:
                        break
        return seen

    async def switch_loyalty(self, mode: str, **more: object) -> None:
        """Make the sandbox slow, wrong or down; only_phone or only_card keeps other tests undisturbed."""
        headers = {"Authorization": f"Bearer {self.loyalty_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.put(f"{self.loyalty_url}/sandbox/switches", json={"switches": [{"mode": mode, **more}]}) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def cards(self, phone: str) -> dict[str, tuple[str, int]]:
        """Ask the loyalty system for the cards a phone leads to: last four digits -> (state, points)."""
        headers = {"Authorization": f"Bearer {self.loyalty_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.post(f"{self.loyalty_url}/v1/customers/by-phone", json={"phone": phone}) as answer,
        ):
            assert answer.status == 200, await answer.text()
            customer = await answer.json()
        return {card["number"][-4:]: (card["state"], card["points"]) for card in customer["cards"]}

    async def operations(self, record: CallRecord) -> list[tuple[str, str]]:
        """List the kind and the state of each change a call asked for, in order."""
        log = SqlOperationLog(self.database_url)
        try:
            return [(each.kind, each.state.value) for each in await log.of_call(record.start.call_id)]
        finally:
            await log.close()

    async def yulia(self, *arguments: str) -> str:
        """Run the `yulia` command as an admin of this line does; it must succeed. Return what it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "import sys; sys.argv[0] = 'yulia'; from ivr.cli import main; main()", *arguments),
            env=os.environ | {"YULIA_LINE__STATE_DIR": str(Path(self.logs).parent), "YULIA_REDIS__URL": self.redis_url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, complaint = await process.communicate()
        assert process.returncode == 0, f"{output.decode()}\n{complaint.decode()}"
        return output.decode()

    async def metrics(self) -> str:
        """Read the worker's metrics."""
        async with aiohttp.ClientSession() as client, client.get(f"{self.web}/metrics") as answer:
            return await answer.text()


class LineInBackground:
    """A line in a thread of its own, for the process that hands its addresses to the tests' processes."""

    def __init__(self) -> None:
        self._ready: threading.Event = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._addresses: LineAddresses | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> LineAddresses:
        """Start it and wait until it answers."""
        self._thread.start()
        self._ready.wait(120)
        if self._error is not None:
            raise self._error
        assert self._addresses is not None, "the line did not come up"
        return self._addresses

    def stop(self) -> None:
        """Stop it; safe when it never came up."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(30)

    def _tell_faults(self, line: Line) -> None:
        """Print what the worker logged as errors: the line's files go with it."""
        for row in (line.folders.logs / "worker.log").read_text(encoding="utf-8").splitlines():
            if '"level": "error"' in row or '"level": "critical"' in row or "Traceback" in row:
                sys.stderr.write(f"worker: {row[:3000]}\n")

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with Line.on_free_ports(base=plan()) as line:
                self._addresses = LineAddresses.of(line)
                self._ready.set()
                await self._stopping.wait()
                self._tell_faults(line)
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._ready.set()


def own_line(**environment: str) -> Line:
    """Plan a line for one test alone."""
    return Line.on_free_ports(base=plan(**environment))


def own_line_with(asterisk: dict[str, Any], **environment: str) -> Line:
    """Plan a line for one test alone, with Asterisk set otherwise."""
    base = plan(**environment)
    return Line.on_free_ports(base=replace(base, asterisk=base.asterisk.model_copy(update=asterisk)))
