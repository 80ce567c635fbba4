"""What every log of operations does; run over the fake, SQLite, PostgreSQL and the spooling wrapper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from integrations.loyalty.port import CardBlock, Change, Done, MergeUndo, PhoneBlock, Refusal, Refused
from integrations.operations.port import Backlog, Operation, OperationKeyReused, OperationLog, OperationState
from integrations.operations.schema import upgrade
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.conftest import PATIENT_SECONDS
from tests.integrations.loyalty.operation_examples import DMITRYS_MERGE, NEWCOMER, TIE_TO_PAVEL
from tests.integrations.operations.examples import ACCEPTED_AT, BLOCK, operation
from tests.integrations.operations.fake import FakeOperationLog

LEASE_SECONDS = 60.0
DONE = Done("c-0001", ())
UNDO_UNTIL = ACCEPTED_AT + timedelta(hours=24)


@pytest.fixture(params=["fake", "sqlite", "postgresql", "spooled"])
async def log(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> AsyncIterator[OperationLog]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "fake":
                yield FakeOperationLog()
            case "spooled":
                spooled = SpooledOperationLog(await _sql_log(sqlite_url, stack), tmp_path / "spool.jsonl")
                stack.callback(spooled.close)
                yield spooled
            case kind:
                url = request.getfixturevalue("postgres_database_url") if kind == "postgresql" else sqlite_url
                yield await _sql_log(url, stack)


async def _sql_log(url: str, stack: AsyncExitStack) -> SqlOperationLog:
    await upgrade(url)
    log = SqlOperationLog(url, limit_seconds=PATIENT_SECONDS)
    stack.push_async_callback(log.close)
    return log


async def state_of(log: OperationLog, key: str) -> OperationState:
    record = await log.load(key)
    assert record is not None
    return record.state


async def claimed(log: OperationLog, seconds: float = 0.0, limit: int = 10, key: str | None = None) -> list[Operation]:
    claims = await log.claim(ACCEPTED_AT + timedelta(seconds=seconds), LEASE_SECONDS, limit, key)
    return [claim.operation for claim in claims]


@pytest.mark.parametrize("change", [BLOCK, NEWCOMER, DMITRYS_MERGE, PhoneBlock("+79160000001"), TIE_TO_PAVEL])
async def test_an_accepted_operation_comes_back_whole_to_be_sent(log: OperationLog, change: Change) -> None:
    one = operation(change)
    await log.accept(one)
    record = await log.load(one.key)
    assert record is not None
    assert (record.state, record.kind, record.tries, record.accepted_at) == (
        OperationState.ACCEPTED,
        change.kind,
        0,
        ACCEPTED_AT,
    )
    (claim,) = await log.claim(ACCEPTED_AT, LEASE_SECONDS)
    assert (claim.operation, claim.tries) == (one, 1)
    assert await state_of(log, one.key) is OperationState.SENT


async def test_accepting_again_changes_nothing_at_any_time(log: OperationLog) -> None:
    one = operation()
    for _ in range(2):
        await log.accept(one)
    assert await claimed(log) == [one]
    await log.accept(one)
    assert await claimed(log) == []
    await log.settle(one.key, DONE, ACCEPTED_AT)
    await log.accept(one)
    assert await state_of(log, one.key) is OperationState.DONE
    assert len(await log.of_call("call-1")) == 1


@pytest.mark.parametrize("settled", [False, True])
async def test_a_key_that_is_used_for_something_else_is_a_fault(log: OperationLog, settled: bool) -> None:
    one = operation()
    await log.accept(one)
    if settled:
        await log.settle(one.key, DONE, ACCEPTED_AT)
    for other in (
        replace(one, change=CardBlock("7789247909073503")),
        replace(one, change=TIE_TO_PAVEL),
        replace(one, call_id="call-2"),
        replace(one, after=operation().key),
    ):
        with pytest.raises(OperationKeyReused) as caught:
            await log.accept(other)
        assert not caught.value.retryable


async def test_what_is_claimed_is_not_claimed_again_until_its_lease_is_over(log: OperationLog) -> None:
    one = operation()
    await log.accept(one)
    assert await claimed(log) == [one]
    assert await claimed(log, LEASE_SECONDS - 1) == []
    (claim,) = await log.claim(ACCEPTED_AT + timedelta(seconds=LEASE_SECONDS), LEASE_SECONDS)
    assert claim.tries == 2


async def test_many_workers_at_once_never_claim_the_same(log: OperationLog) -> None:
    accepted = [operation() for _ in range(20)]
    for one in accepted:
        await log.accept(one)
    found = await asyncio.gather(*(claimed(log, limit=3) for _ in range(12)))
    keys = [one.key for claims in found for one in claims]
    assert len(keys) == len(set(keys))
    rest = await claimed(log, limit=20)
    assert sorted([*keys, *(one.key for one in rest)]) == sorted(one.key for one in accepted)


async def test_one_operation_can_be_claimed_by_its_key(log: OperationLog) -> None:
    one, other = operation(), operation()
    await log.accept(one)
    await log.accept(other)
    assert await claimed(log, key=other.key) == [other]
    assert await claimed(log, key=other.key) == []
    assert await claimed(log, key=operation().key) == []


async def test_a_postponed_operation_is_due_then_and_tells_its_fault(log: OperationLog) -> None:
    one = operation()
    await log.accept(one)
    (claim,) = await log.claim(ACCEPTED_AT, LEASE_SECONDS)
    await log.postpone(claim, ACCEPTED_AT + timedelta(seconds=5), "LoyaltyTimeout")
    assert await claimed(log, 4.9) == []
    record = await log.load(one.key)
    assert record is not None
    assert (record.state, record.fault) == (OperationState.SENT, "LoyaltyTimeout")
    assert await claimed(log, 5) == [one]


async def test_a_late_worker_cannot_postpone_what_another_one_has_claimed_since(log: OperationLog) -> None:
    one = operation()
    await log.accept(one)
    (late,) = await log.claim(ACCEPTED_AT, LEASE_SECONDS)
    assert await claimed(log, LEASE_SECONDS) == [one]
    await log.postpone(late, ACCEPTED_AT, "LoyaltyTimeout")
    assert await claimed(log, LEASE_SECONDS) == []


async def test_outcomes_are_noted_and_the_first_one_counts(log: OperationLog) -> None:
    merge, block = operation(DMITRYS_MERGE), operation()
    at = ACCEPTED_AT + timedelta(seconds=3)
    for one in (merge, block):
        await log.accept(one)
    await log.settle(merge.key, Done("c-0002", (), UNDO_UNTIL), at)
    await log.settle(merge.key, Refused(Refusal.SAME_CARD), at)
    await log.settle(block.key, Refused(Refusal.ALREADY_BLOCKED), at)
    await log.give_up(block.key, "key_conflict", at)
    merged, blocked = await log.load(merge.key), await log.load(block.key)
    assert merged is not None and blocked is not None
    assert (merged.state, merged.customer_id, merged.undo_until, merged.settled_at) == (
        OperationState.DONE,
        "c-0002",
        UNDO_UNTIL,
        at,
    )
    assert (blocked.state, blocked.reason) == (OperationState.REFUSED, "already_blocked")
    assert await claimed(log, 1000) == []


async def test_what_can_never_be_sent_is_given_up(log: OperationLog) -> None:
    one = operation()
    await log.accept(one)
    await log.give_up(one.key, "key_conflict", ACCEPTED_AT)
    record = await log.load(one.key)
    assert record is not None
    assert (record.state, record.reason) == (OperationState.REFUSED, "key_conflict")


async def test_taking_back_waits_for_its_merge_and_makes_it_undone(log: OperationLog) -> None:
    merge = operation(DMITRYS_MERGE)
    undo = operation(MergeUndo(merge.key), at=ACCEPTED_AT + timedelta(seconds=1))
    await log.accept(merge)
    await log.accept(undo)
    assert await claimed(log, 2) == [merge]
    assert await claimed(log, 2) == []
    await log.settle(merge.key, Done("c-0002", (), UNDO_UNTIL), ACCEPTED_AT)
    assert await claimed(log, 2) == [undo]
    await log.settle(undo.key, Done("c-0002", ()), ACCEPTED_AT)
    assert await state_of(log, merge.key) is OperationState.UNDONE
    assert await state_of(log, undo.key) is OperationState.DONE


async def test_a_refused_undo_leaves_the_merge_done(log: OperationLog) -> None:
    merge = operation(DMITRYS_MERGE)
    undo = operation(MergeUndo(merge.key))
    await log.accept(merge)
    await log.accept(undo)
    await log.settle(merge.key, Done("c-0002", (), UNDO_UNTIL), ACCEPTED_AT)
    await log.settle(undo.key, Refused(Refusal.POINTS_SPENT), ACCEPTED_AT)
    assert await state_of(log, merge.key) is OperationState.DONE


async def test_an_activation_can_wait_for_its_number_to_be_tied(log: OperationLog) -> None:
    tie = operation(TIE_TO_PAVEL)
    activation = operation(NEWCOMER, after=tie.key)
    await log.accept(activation)
    assert await claimed(log, 1) == [], "the tie may lie in another worker's spool"
    await log.accept(tie)
    assert await claimed(log, 1) == [tie]
    await log.settle(tie.key, Refused(Refusal.PHONE_OF_ANOTHER), ACCEPTED_AT)
    assert await claimed(log, 1) == [activation], "the loyalty system has the last word"


async def test_a_predecessor_that_never_comes_is_not_waited_for_longer_than_a_day(log: OperationLog) -> None:
    undo = operation(MergeUndo(operation().key))
    await log.accept(undo)
    day = timedelta(days=1).total_seconds()
    assert await claimed(log, day - 1) == []
    assert await claimed(log, day + 1) == [undo]


async def test_the_operations_of_a_call_come_in_the_order_they_were_accepted(log: OperationLog) -> None:
    later = operation(NEWCOMER, at=ACCEPTED_AT + timedelta(seconds=9))
    sooner = operation()
    for one in (later, sooner, operation(call_id="call-2")):
        await log.accept(one)
    assert [record.key for record in await log.of_call("call-1")] == [sooner.key, later.key]
    assert await log.of_call("call-3") == ()


async def test_the_backlog_tells_how_much_waits_and_since_when(log: OperationLog) -> None:
    assert await log.backlog() == Backlog(0, None)
    one, other = operation(at=ACCEPTED_AT + timedelta(seconds=9)), operation()
    await log.accept(one)
    await log.accept(other)
    assert await log.backlog() == Backlog(2, ACCEPTED_AT)
    await log.settle(other.key, DONE, ACCEPTED_AT)
    assert await log.backlog() == Backlog(1, one.accepted_at)


async def test_only_what_was_settled_long_ago_is_deleted(log: OperationLog) -> None:
    now = ACCEPTED_AT + timedelta(days=400)
    old, recent, waiting = (operation() for _ in range(3))
    for one in (old, recent, waiting):
        await log.accept(one)
    await log.settle(old.key, DONE, now - timedelta(days=91))
    await log.settle(recent.key, DONE, now - timedelta(days=89))
    assert await log.delete_older_than(90, now) == 1
    assert {record.key for record in await log.of_call("call-1")} == {recent.key, waiting.key}


@pytest.mark.parametrize("key", ["", "short", "ключ" * 5, "x" * 65])
def test_an_operation_without_a_proper_key_or_zone_cannot_be_made(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Operation(key, "call-1", BLOCK, ACCEPTED_AT)
    with pytest.raises(ValueError, match="zone"):
        operation(at=datetime(2026, 3, 1))


async def test_a_refusal_is_listed_until_the_caller_knows_of_it(log: OperationLog) -> None:
    done, refused, given_up, waiting = (operation(at=ACCEPTED_AT + timedelta(seconds=number)) for number in range(4))
    for one in (done, refused, given_up, waiting):
        await log.accept(one)
    await log.settle(done.key, DONE, ACCEPTED_AT)
    await log.settle(refused.key, Refused(Refusal.CARD_OF_ANOTHER), ACCEPTED_AT)
    await log.give_up(given_up.key, "key_conflict", ACCEPTED_AT)
    assert (await log.backlog()).to_call_back == 2
    assert [record.key for record in await log.latest(to_call_back=True)] == [given_up.key, refused.key]
    for at in (ACCEPTED_AT + timedelta(hours=1), ACCEPTED_AT + timedelta(hours=2)):
        await log.note_told(refused.key, at)
    record = await log.load(refused.key)
    assert record is not None
    assert record.told_at == ACCEPTED_AT + timedelta(hours=1)
    assert [record.key for record in await log.latest(to_call_back=True)] == [given_up.key]
    assert (await log.backlog()).to_call_back == 1


async def test_the_newest_operations_are_listed_first(log: OperationLog) -> None:
    accepted = [operation(at=ACCEPTED_AT + timedelta(seconds=number)) for number in range(3)]
    for one in accepted:
        await log.accept(one)
    assert [record.key for record in await log.latest(2)] == [accepted[2].key, accepted[1].key]


async def test_what_a_caller_is_still_to_be_told_outlives_the_retention(log: OperationLog) -> None:
    done, told, untold = operation(), operation(), operation()
    for one in (done, told, untold):
        await log.accept(one)
    await log.settle(done.key, DONE, ACCEPTED_AT)
    for one in (told, untold):
        await log.settle(one.key, Refused(Refusal.CARD_OF_ANOTHER), ACCEPTED_AT)
    await log.note_told(told.key, ACCEPTED_AT)
    assert await log.delete_older_than(30, ACCEPTED_AT + timedelta(days=31)) == 2
    assert [record.key for record in await log.latest()] == [untold.key]
