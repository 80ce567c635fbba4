"""The spool: nothing is lost while the database is away, nothing is done twice."""
# ruff: noqa: ASYNC240 - these tests look at small files; nothing else runs in their loop

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from integrations.call_records.port import (
    CallEnd,
    CallRecord,
    CallRecords,
    CallStart,
    CallUnknown,
)
from integrations.call_records.spooled_records import SpooledCallRecords
from integrations.call_records.sql_records import SqlCallRecords
from tests.integrations.call_records.examples import BEGAN_AT, end, start
from tests.integrations.call_records.fake import FakeCallRecords
from tests.integrations.call_records.under_test import spooled, write_lock


async def test_a_call_during_an_outage_is_complete_after_the_import(
    sqlite_url: str, sqlite_records: SqlCallRecords, path: Path
) -> None:
    with spooled(sqlite_records, path) as records:
        with write_lock(sqlite_url):
            await records.open(start())
            await records.agent_connected("call-1", "PJSIP/agent1", BEGAN_AT)
            await records.close_call("call-1", end())
            assert records.waiting_writes == 3
            assert await records.import_spool() == 0
        assert await records.import_spool() == 3
        assert records.waiting_writes == 0
        assert await records.load("call-1") == CallRecord(start(), end(), "PJSIP/agent1", BEGAN_AT)
    assert path.read_bytes() == b""


async def test_a_call_that_began_before_the_outage_gets_its_end(database: FakeCallRecords, path: Path) -> None:
    with spooled(database, path) as records:
        await records.open(start())
        database.down = True
        await records.close_call("call-1", end())
        database.down = False
        await records.import_spool()
    assert database.calls["call-1"] == CallRecord(start(), end())


async def test_writes_of_one_call_keep_their_order_when_the_database_comes_back_between(
    database: FakeCallRecords, path: Path
) -> None:
    with spooled(database, path) as records:
        database.down = True
        await records.open(start())
        database.down = False
        await records.close_call("call-1", end())  # must not overtake the beginning
        assert database.calls == {}
        await records.open(start("call-2"))  # another call has no reason to wait
        assert list(database.calls) == ["call-2"]
        assert await records.import_spool() == 2
    assert database.calls["call-1"] == CallRecord(start(), end())


async def test_a_new_process_finds_what_the_old_one_left_and_keeps_the_order(
    database: FakeCallRecords, path: Path
) -> None:
    database.down = True
    with spooled(database, path) as records:
        await records.open(start())
    database.down = False
    with spooled(database, path) as records:
        assert records.waiting_writes == 1
        await records.close_call("call-1", end())
        assert await records.import_spool() == 2
    assert database.calls["call-1"] == CallRecord(start(), end())


async def test_an_import_that_a_crash_cut_off_can_be_repeated(database: FakeCallRecords, path: Path) -> None:
    database.down = True
    with spooled(database, path) as records:
        await records.open(start())
        await records.close_call("call-1", end())
    left = path.read_bytes()
    database.down = False
    with spooled(database, path) as records:
        await records.import_spool()
    path.write_bytes(left)  # as if the crash had come before the spool was emptied
    with spooled(database, path) as records:
        assert await records.import_spool() == 2
    assert database.calls["call-1"] == CallRecord(start(), end())


async def test_a_database_that_fails_in_mid_import_keeps_the_rest_in_order(
    database: FakeCallRecords, path: Path
) -> None:
    database.down = True
    with spooled(database, path) as records:
        for number in range(4):
            await records.open(start(f"call-{number}"))
    database.down = False

    class FailsAfterTwo(FakeCallRecords):
        async def open(self, start: CallStart) -> None:
            self.down = len(self.calls) >= 2
            await super().open(start)

    weak = FailsAfterTwo()
    with spooled(weak, path) as records:
        assert await records.import_spool() == 2
        assert records.waiting_writes == 2
    with spooled(database, path) as records:
        assert await records.import_spool() == 2
    assert list(weak.calls) == ["call-0", "call-1"]
    assert list(database.calls) == ["call-2", "call-3"]


async def test_what_is_spooled_during_an_import_is_not_lost(path: Path) -> None:
    class WritesMeanwhile(FakeCallRecords):
        meanwhile: SpooledCallRecords | None = None

        async def close_call(self, call_id: str, end: CallEnd) -> None:
            await super().close_call(call_id, end)
            if self.meanwhile is not None:
                records, self.meanwhile = self.meanwhile, None
                await records.agent_connected(call_id, "PJSIP/agent1", BEGAN_AT)

    database = WritesMeanwhile()
    with spooled(database, path) as records:
        database.down = True
        await records.open(start())
        await records.close_call("call-1", end())
        database.down = False
        database.meanwhile = records
        assert await records.import_spool() == 2
        assert records.waiting_writes == 1
        assert await records.import_spool() == 1
    assert database.calls["call-1"] == CallRecord(start(), end(), "PJSIP/agent1", BEGAN_AT)


async def test_a_late_beginning_does_not_take_a_call_from_the_worker_that_went_on_with_it(
    database: FakeCallRecords, path: Path
) -> None:
    database.down = True
    with spooled(database, path) as records:
        await records.open(start(worker="worker-1"))
        database.down = False
        await database.open(start(worker="worker-2"))
        await records.import_spool()
    assert database.calls["call-1"].start.worker == "worker-2"


async def test_an_agent_noted_by_one_worker_waits_for_the_beginning_in_anothers_spool(
    database: FakeCallRecords, tmp_path: Path
) -> None:
    with spooled(database, tmp_path / "one.jsonl") as one, spooled(database, tmp_path / "two.jsonl") as two:
        database.down = True
        await one.open(start())
        await two.agent_connected("call-1", "PJSIP/agent1", BEGAN_AT)
        database.down = False
        assert await two.import_spool() == 0
        assert await one.import_spool() == 1
        assert await two.import_spool() == 1
    assert database.calls["call-1"] == CallRecord(start(), None, "PJSIP/agent1", BEGAN_AT)


async def test_writes_of_a_call_keep_their_order_when_its_beginning_arrives_in_mid_import(path: Path) -> None:
    class KnownFromTheSecondTime(FakeCallRecords):
        async def agent_connected(self, call_id: str, agent: str, at: datetime) -> None:
            try:
                await super().agent_connected(call_id, agent, at)
            except CallUnknown:
                await self.open(start(call_id))
                raise

    database = KnownFromTheSecondTime()
    with spooled(database, path) as records:
        database.down = True
        await records.agent_connected("call-1", "PJSIP/agent1", BEGAN_AT)
        await records.agent_connected("call-1", "PJSIP/agent2", BEGAN_AT)
        database.down = False
        await records.import_spool()
        await records.import_spool()
        assert records.waiting_writes == 0
    assert database.calls["call-1"].agent == "PJSIP/agent2"


async def test_a_hang_up_in_the_middle_of_a_write_does_not_lose_it(path: Path) -> None:
    class Slow(FakeCallRecords):
        entered = asyncio.Event()

        async def close_call(self, call_id: str, end: CallEnd) -> None:
            if not self.entered.is_set():
                self.entered.set()
                await asyncio.Event().wait()
            await super().close_call(call_id, end)

    database = Slow()
    with spooled(database, path) as records:
        await records.open(start())
        write = asyncio.create_task(records.close_call("call-1", end()))
        await database.entered.wait()
        write.cancel()
        with pytest.raises(asyncio.CancelledError):
            await write
        assert await records.import_spool() == 1
    assert database.calls["call-1"] == CallRecord(start(), end())


async def test_many_calls_during_an_outage_are_all_kept_whole(database: FakeCallRecords, path: Path) -> None:
    async def one_call(records: CallRecords, number: int) -> None:
        await records.open(start(f"call-{number}"))
        await records.close_call(f"call-{number}", end(turns=20))

    database.down = True
    with spooled(database, path) as records:
        await asyncio.gather(*(one_call(records, number) for number in range(40)))
        database.down = False
        assert await records.import_spool() == 80
    assert len(database.calls) == 40
    assert all(call.end == end(turns=20) for call in database.calls.values())


async def test_two_imports_at_once_do_the_work_once(database: FakeCallRecords, path: Path) -> None:
    database.down = True
    with spooled(database, path) as records:
        for number in range(10):
            await records.open(start(f"call-{number}"))
        database.down = False
        assert sorted(await asyncio.gather(records.import_spool(), records.import_spool())) == [0, 10]


async def test_an_empty_spool_imports_nothing(database: FakeCallRecords, path: Path) -> None:
    with spooled(database, path) as records:
        assert await records.import_spool() == 0
    assert not path.exists()
