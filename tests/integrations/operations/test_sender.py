"""Sending until the loyalty system confirms or refuses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from integrations.loyalty.port import (
    CardState,
    Done,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    MergeUndo,
)
from integrations.operations.port import KEY_CONFLICT, OperationRecord, OperationState
from integrations.operations.sender import OperationSender, Sent
from integrations.operations.settings import OperationSettings
from tests.integrations.loyalty.fake import FakeLoyaltySystem
from tests.integrations.loyalty.operation_examples import (
    ANNAS_CARD,
    ANNAS_PHONE,
    DMITRYS_MERGE,
    NEWCOMER,
    PAVEL,
    TIE_TO_PAVEL,
)
from tests.integrations.loyalty.sandbox_under_test import TODAY
from tests.integrations.operations.examples import ACCEPTED_AT, SECRETS, SETTINGS, operation
from tests.integrations.operations.fake import FakeOperationLog


class Desk:
    """A sender with a log, a loyalty system and a clock of its own."""

    def __init__(self, settings: OperationSettings = SETTINGS) -> None:
        self.log = FakeOperationLog()
        self.loyalty = FakeLoyaltySystem.with_sample_people(TODAY)
        self.now = ACCEPTED_AT
        self.settled: list[OperationRecord] = []
        self.sender = OperationSender(
            self.log,
            self.loyalty,
            settings,
            on_settled=self.settled.append,
            clock=lambda: self.now,
            chance=lambda: 1.0,
        )

    async def record(self, key: str) -> OperationRecord:
        record = await self.log.load(key)
        assert record is not None
        return record


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_an_accepted_operation_is_sent_and_its_outcome_noted_and_told(desk: Desk) -> None:
    block, activation = operation(), operation(PAVEL)
    for one in (block, activation):
        await desk.log.accept(one)
    assert await desk.sender.send_due() == 2
    assert await desk.sender.send_due() == 0
    assert {record.key: record.state for record in desk.settled} == {
        block.key: OperationState.DONE,
        activation.key: OperationState.DONE,
    }
    anna = await desk.loyalty.customer_by_phone(ANNAS_PHONE)
    assert anna is not None
    assert anna.cards[0].state is CardState.BLOCKED


async def test_a_caller_who_waits_learns_the_outcome_at_once(desk: Desk) -> None:
    one = operation()
    await desk.log.accept(one)
    sent = await desk.sender.send(one.key)
    assert sent.record is not None
    assert (sent.record.state, sent.record.customer_id) == (OperationState.DONE, "c-0001")
    assert isinstance(sent.outcome, Done)
    assert [(card.number, card.points) for card in sent.outcome.cards] == [(ANNAS_CARD, 1250)]
    assert await desk.sender.send(one.key) == Sent(sent.record, None), "it is not sent again"
    assert desk.loyalty.carried_out == [one.key]


async def test_a_refusal_ends_the_sending_and_tells_its_reason(desk: Desk) -> None:
    first, second = operation(), operation(at=ACCEPTED_AT + timedelta(seconds=1))
    await desk.log.accept(first)
    await desk.log.accept(second)
    desk.now += timedelta(seconds=1)
    await desk.sender.send(first.key)
    sent = await desk.sender.send(second.key)
    assert sent.record is not None
    assert (sent.record.state, sent.record.reason) == (OperationState.REFUSED, "already_blocked")


async def test_an_outcome_that_cannot_be_noted_is_told_and_the_operation_sent_again(desk: Desk) -> None:
    one = operation()
    await desk.log.accept(one)
    desk.loyalty.on_carried_out = lambda: setattr(desk.log, "down", True)
    sent = await desk.sender.send(one.key)
    assert isinstance(sent.outcome, Done)
    assert sent.record is None
    desk.log.down, desk.loyalty.on_carried_out = False, lambda: None
    desk.now += timedelta(seconds=SETTINGS.lease_seconds)
    assert await desk.sender.send_due() == 1
    assert desk.loyalty.carried_out == [one.key]


@pytest.mark.parametrize("fault", [LoyaltyUnavailable("down"), LoyaltyTimeout("late"), LoyaltyGarbage("?")])
async def test_pauses_between_tries_double_up_to_the_longest(desk: Desk, fault: LoyaltyError) -> None:
    one = operation()
    await desk.log.accept(one)
    desk.loyalty.fails_with = fault
    tried_at = [0]
    await desk.sender.send_due()
    for second in range(1, 200):
        desk.now = ACCEPTED_AT + timedelta(seconds=second)
        if await desk.sender.send_due():
            tried_at.append(second)
    assert tried_at == [0, 2, 6, 14, 30, 62, 122, 182]
    record = await desk.record(one.key)
    assert (record.fault, record.tries) == (type(fault).__name__, len(tried_at))
    desk.loyalty.fails_with = None
    desk.now += timedelta(seconds=60)
    assert await desk.sender.send_due() == 1
    assert (await desk.record(one.key)).state is OperationState.DONE


async def test_a_lost_answer_is_asked_for_with_the_same_key(desk: Desk) -> None:
    one = operation(DMITRYS_MERGE)
    await desk.log.accept(one)
    desk.loyalty.loses_answers = LoyaltyUnavailable("lost")
    await desk.sender.send_due()
    assert (await desk.record(one.key)).state is OperationState.SENT
    desk.loyalty.loses_answers = None
    desk.now += timedelta(seconds=2)
    await desk.sender.send_due()
    assert (await desk.record(one.key)).state is OperationState.DONE
    assert desk.loyalty.carried_out == [one.key]


async def test_a_key_that_the_loyalty_system_knows_otherwise_is_given_up_loudly(desk: Desk) -> None:
    one = operation(NEWCOMER)
    await desk.loyalty.carry_out(one.key, TIE_TO_PAVEL)
    await desk.log.accept(one)
    with capture_logs() as logs:
        await desk.sender.send_due()
    record = await desk.record(one.key)
    assert (record.state, record.reason) == (OperationState.REFUSED, KEY_CONFLICT)
    assert "critical" in {entry["log_level"] for entry in logs}
    assert desk.settled == [record]


async def test_what_a_dead_worker_left_claimed_is_sent_after_its_lease_with_the_same_key(desk: Desk) -> None:
    one = operation()
    await desk.log.accept(one)
    await desk.log.claim(desk.now, SETTINGS.lease_seconds)
    await desk.loyalty.carry_out(one.key, one.change)  # and there it died
    assert await desk.sender.send_due() == 0
    desk.now += timedelta(seconds=SETTINGS.lease_seconds)
    assert await desk.sender.send_due() == 1
    assert (await desk.record(one.key)).state is OperationState.DONE
    assert desk.loyalty.carried_out == [one.key]


async def test_a_merge_and_its_undo_are_sent_in_their_order(desk: Desk) -> None:
    merge = operation(DMITRYS_MERGE)
    undo = operation(MergeUndo(merge.key))
    await desk.log.accept(undo)
    await desk.log.accept(merge)
    assert [await desk.sender.send_due() for _ in range(3)] == [1, 1, 0]
    assert (await desk.record(merge.key)).state is OperationState.UNDONE
    assert desk.loyalty.carried_out == [merge.key, undo.key]


async def test_no_more_are_sent_at_once_than_the_settings_say() -> None:
    desk = Desk(SETTINGS.model_copy(update={"at_once": 3}))
    for _ in range(7):
        await desk.log.accept(operation())
    assert [await desk.sender.send_due() for _ in range(4)] == [3, 3, 1, 0]


async def test_the_running_sender_outlives_a_log_that_is_down_and_hears_when_it_is_woken() -> None:
    desk = Desk(SETTINGS.model_copy(update={"round_seconds": 0.01}))
    desk.log.down = True
    running = asyncio.create_task(desk.sender.run())
    await asyncio.sleep(0.05)
    desk.log.down = False
    await desk.log.accept(operation())
    desk.sender.wake()
    async with asyncio.timeout(20):
        while not desk.settled:
            await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


@pytest.mark.parametrize("fault", [LoyaltyUnavailable("down"), None, RuntimeError("a fault of ours")])
async def test_no_log_line_tells_a_number_or_a_name(desk: Desk, fault: LoyaltyError | None) -> None:
    for change in (NEWCOMER, DMITRYS_MERGE):
        await desk.log.accept(operation(change))
    desk.loyalty.fails_with = fault
    with capture_logs() as logs:
        await desk.sender.send_due()
    assert logs
    assert not any(secret in str(logs) for secret in SECRETS)
