"""What every store of call records does; run over the fake, SQLite, PostgreSQL and the spooling wrapper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from integrations.call_records.port import (
    STALE_REASON,
    CallOutcome,
    CallRecord,
    CallRecords,
    CallUnknown,
)
from integrations.call_records.schema import upgrade
from integrations.call_records.spooled_records import SpooledCallRecords
from integrations.call_records.sql_records import SqlCallRecords
from tests.integrations.call_records.examples import BEGAN_AT, end, start
from tests.integrations.call_records.fake import FakeCallRecords
from tests.integrations.conftest import PATIENT_SECONDS


@pytest.fixture(params=["fake", "sqlite", "postgresql", "spooled"])
async def records(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> AsyncIterator[CallRecords]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "fake":
                yield FakeCallRecords()
            case "spooled":
                inner = await _sql_records(sqlite_url, stack)
                spooled = SpooledCallRecords(inner, tmp_path / "spool.jsonl")
                stack.callback(spooled.close)
                yield spooled
            case kind:
                url = request.getfixturevalue("postgres_database_url") if kind == "postgresql" else sqlite_url
                yield await _sql_records(url, stack)


async def _sql_records(url: str, stack: AsyncExitStack) -> SqlCallRecords:
    await upgrade(url)
    records = SqlCallRecords(url, limit_seconds=PATIENT_SECONDS)
    stack.push_async_callback(records.close)
    return records


async def test_an_opened_call_is_in_progress(records: CallRecords) -> None:
    await records.open(start())
    assert await records.load("call-1") == CallRecord(start=start(), end=None)


@pytest.mark.parametrize("outcome", [one for one in CallOutcome if one is not CallOutcome.IN_PROGRESS])
async def test_a_closed_call_comes_back_with_its_end_and_its_turns_in_order(
    records: CallRecords, outcome: CallOutcome
) -> None:
    await records.open(start())
    await records.close_call("call-1", end(outcome, turns=12))
    assert await records.load("call-1") == CallRecord(start=start(), end=end(outcome, turns=12))


async def test_a_call_without_turns_can_be_closed(records: CallRecords) -> None:
    await records.open(start())
    await records.close_call("call-1", end(turns=0))
    assert await records.load("call-1") == CallRecord(start=start(), end=end(turns=0))


async def test_a_call_from_a_hidden_number_has_no_number(records: CallRecords) -> None:
    hidden = replace(start(), caller_number=None)
    await records.open(hidden)
    assert await records.load("call-1") == CallRecord(start=hidden, end=None)


async def test_an_unknown_call_is_none(records: CallRecords) -> None:
    assert await records.load("nobody") is None


async def test_opening_again_changes_nothing_and_is_no_error(records: CallRecords) -> None:
    await records.open(start())
    await records.open(start())
    assert await records.latest() == (CallRecord(start=start(), end=None),)


async def test_a_call_in_progress_goes_over_to_the_worker_that_resumes_it(records: CallRecords) -> None:
    await records.open(start(worker="worker-1"))
    await records.open(replace(start(worker="worker-2"), started_at=BEGAN_AT + timedelta(seconds=9)))
    assert await records.load("call-1") == CallRecord(start=start(worker="worker-2"), end=None)
    assert await records.close_stale("worker-1", BEGAN_AT) == 0


async def test_opening_a_call_that_has_ended_does_not_open_it(records: CallRecords) -> None:
    await records.open(start())
    await records.close_call("call-1", end())
    await records.open(start(worker="worker-2"))
    assert await records.load("call-1") == CallRecord(start=start(), end=end())


async def test_closing_again_changes_nothing(records: CallRecords) -> None:
    await records.open(start())
    await records.close_call("call-1", end(turns=3))
    await records.close_call("call-1", end(turns=3))
    await records.close_call("call-1", end(CallOutcome.DROPPED, turns=7, said="другое"))
    assert await records.load("call-1") == CallRecord(start=start(), end=end(turns=3))


@pytest.mark.parametrize("records", ["fake", "sqlite", "postgresql"], indirect=True)  # the spool has an answer to it
async def test_a_call_that_nobody_opened_cannot_be_closed_nor_taken_now(records: CallRecords) -> None:
    with pytest.raises(CallUnknown):
        await records.close_call("nobody", end())
    with pytest.raises(CallUnknown):
        await records.agent_connected("nobody", "PJSIP/agent1", BEGAN_AT)


async def test_the_agent_who_took_the_call_is_noted_before_and_after_its_end(records: CallRecords) -> None:
    await records.open(start())
    await records.agent_connected("call-1", "PJSIP/agent1", BEGAN_AT)
    await records.close_call("call-1", end(CallOutcome.HANDED_OFF))
    loaded = await records.load("call-1")
    assert loaded is not None
    assert (loaded.agent, loaded.agent_connected_at) == ("PJSIP/agent1", BEGAN_AT)
    await records.agent_connected("call-1", "PJSIP/agent2", BEGAN_AT + timedelta(seconds=60))
    loaded = await records.load("call-1")
    assert loaded is not None
    assert (loaded.agent, loaded.agent_connected_at) == ("PJSIP/agent2", BEGAN_AT + timedelta(seconds=60))
    assert loaded.end == end(CallOutcome.HANDED_OFF)


async def test_the_latest_calls_come_newest_first_and_no_more_than_asked(records: CallRecords) -> None:
    for number in (2, 0, 3, 1):
        await records.open(start(f"call-{number}", began_at=BEGAN_AT + timedelta(minutes=number)))
    await records.close_call("call-3", end())
    latest = await records.latest(3)
    assert [one.start.call_id for one in latest] == ["call-3", "call-2", "call-1"]
    assert latest[0].end == end()
    assert await records.latest(0) == ()


async def test_calls_that_a_dead_worker_left_are_closed_as_dropped(records: CallRecords) -> None:
    await records.open(start("call-1"))
    await records.open(start("call-2"))
    await records.close_call("call-2", end())
    await records.open(start("call-3", worker="worker-2"))
    assert await records.close_stale("worker-1", BEGAN_AT + timedelta(minutes=5)) == 1
    dropped = await records.load("call-1")
    assert dropped is not None and dropped.end is not None
    assert (dropped.end.outcome, dropped.end.reason) == (CallOutcome.DROPPED, STALE_REASON)
    assert dropped.end.ended_at == BEGAN_AT + timedelta(minutes=5)
    assert await records.load("call-2") == CallRecord(start=start("call-2"), end=end())
    assert await records.load("call-3") == CallRecord(start=start("call-3", worker="worker-2"), end=None)
    assert await records.close_stale("worker-1", BEGAN_AT + timedelta(minutes=6)) == 0


async def test_a_call_closed_as_stale_that_another_worker_resumed_gets_its_real_end(records: CallRecords) -> None:
    await records.open(start())
    await records.close_stale("worker-1", BEGAN_AT)
    await records.open(start(worker="worker-2"))
    assert await records.load("call-1") == CallRecord(start=start(worker="worker-2"), end=None)
    await records.close_call("call-1", end())
    assert await records.load("call-1") == CallRecord(start=start(worker="worker-2"), end=end())


async def test_a_real_end_that_arrives_after_the_stale_one_replaces_it(records: CallRecords) -> None:
    await records.open(start())
    await records.close_stale("worker-1", BEGAN_AT)
    await records.close_call("call-1", end())
    assert await records.load("call-1") == CallRecord(start=start(), end=end())


async def test_only_calls_older_than_the_retention_time_are_deleted(records: CallRecords) -> None:
    for days in (0, 89, 91, 400):
        await records.open(start(f"call-{days}", began_at=BEGAN_AT - timedelta(days=days)))
        await records.close_call(f"call-{days}", end())
    assert await records.delete_older_than(90, BEGAN_AT) == 2
    assert [one.start.call_id for one in await records.latest()] == ["call-0", "call-89"]
    await records.open(start("call-400"))  # nothing of the deleted one is left in its way
    await records.close_call("call-400", end())
    assert await records.load("call-400") == CallRecord(start=start("call-400"), end=end())


async def test_times_of_other_zones_come_back_as_the_same_moment(records: CallRecords) -> None:
    moscow = timezone(timedelta(hours=3))
    await records.open(start(began_at=BEGAN_AT.astimezone(moscow)))
    loaded = await records.load("call-1")
    assert loaded is not None
    assert loaded.start.started_at == BEGAN_AT


async def test_calls_at_the_same_time_are_all_stored(records: CallRecords) -> None:
    async def one_call(number: int) -> None:
        await records.open(start(f"call-{number}"))
        await records.close_call(f"call-{number}", end(turns=5))

    await asyncio.gather(*(one_call(number) for number in range(30)))
    latest = await records.latest(100)
    assert len(latest) == 30
    assert all(one.end == end(turns=5) for one in latest)
