"""What every changing action keeps to: written first, told honestly, carried out once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dialogs.actions.asked import Asked
from dialogs.actions.changes import Changes
from dialogs.actions.port import ActionRequest
from dialogs.engine.bundle import Bundle
from integrations.loyalty.port import (
    OPERATION_KEY,
    CardBlock,
    LoyaltyError,
    LoyaltyGarbage,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    PhoneBlock,
)
from integrations.operations.port import Operation, OperationNotStorable, OperationState
from integrations.operations.schema import upgrade
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from tests.dialogs.actions.conftest import EVERY_CARD, Line, key_number, logged
from tests.integrations.conftest import PATIENT_SECONDS
from tests.integrations.loyalty.operation_examples import ANNAS_CARD, ANNAS_PHONE, NEW_CARD, NEW_PHONE
from tests.integrations.operations.fake import FakeOperationLog

KEY, MERGE_KEY = "b" * 40, "c" * 40
LOGGED = logged(KEY)
"""Under what the log and the loyalty system know what is asked for as KEY."""
CHANGES: dict[str, dict[str, str]] = {
    "activate": {"card_number": NEW_CARD, "phone": NEW_PHONE, "first_name": "Пётр", "birth_date": "01041990"},
    "tie_phone": {"customer_id": "c-0004", "phone": NEW_PHONE},
    "merge": {"customer_id": "c-0002", "kept_last4": "3503", "merged_last4": "7192"},
    "undo_merge": {"merge_key": logged(MERGE_KEY)},
    "block_card": {"customer_id": "c-0002", "card_last4": "7192"},
    "block_card_by_number": {"card_number": ANNAS_CARD, "birth_date": "14031985"},
    "block_by_phone": {"phone": ANNAS_PHONE},
}
BLOCK = "block_by_phone"

every_change = pytest.mark.parametrize("action", CHANGES)


@pytest.fixture
async def merged(line: Line, action: str) -> Line:
    """A line on which there is a merge to take back."""
    if action == "undo_merge":
        await line.run("merge", key=MERGE_KEY, **CHANGES["merge"])
        line.loyalty.carried_out.clear()
    return line


async def last_state(line: Line) -> OperationState:
    record = await line.log.load(LOGGED)
    assert record is not None
    return record.state


def test_every_changing_action_of_the_contract_is_tried_here(bundle: Bundle) -> None:
    changing = {name.removeprefix("loyalty.") for name, action in bundle.actions.items() if action.changes}
    assert changing == CHANGES.keys()


@every_change
async def test_a_change_is_done_once_however_often_its_key_comes(merged: Line, action: str) -> None:
    results = [await merged.run(action, key=KEY, **CHANGES[action]) for _ in range(2)]
    assert [result["outcome"] for result in results] == ["done", "done"]
    assert merged.loyalty.carried_out == [LOGGED]


@every_change
@pytest.mark.parametrize("lost", [LoyaltyUnavailable("down"), LoyaltyTimeout("late"), LoyaltyGarbage("odd")])
async def test_without_a_clear_answer_it_is_accepted_and_done_later_under_the_same_key(
    merged: Line, action: str, lost: LoyaltyError
) -> None:
    merged.loyalty.loses_answers = lost
    assert (await merged.run(action, key=KEY, **CHANGES[action]))["outcome"] == "accepted"
    merged.loyalty.loses_answers = None
    await merged.send_due()
    assert await last_state(merged) is OperationState.DONE
    assert merged.loyalty.carried_out == [LOGGED]


@every_change
async def test_an_answer_too_late_for_the_caller_is_noted_all_the_same(merged: Line, action: str) -> None:
    let_go = merged.loyalty.hold()
    assert (await merged.run(action, key=KEY, limit=0.8, **CHANGES[action]))["outcome"] == "accepted"
    let_go.set()
    await merged.changes.close()
    assert await last_state(merged) is OperationState.DONE


@every_change
async def test_what_cannot_be_written_fails_and_is_never_sent(merged: Line, action: str) -> None:
    merged.log.down = True
    with capture_logs() as logs:
        assert await merged.fails(action, key=KEY, **CHANGES[action]) == "unavailable"
    merged.log.down = False
    assert await merged.sender.send_due() == 0
    assert merged.loyalty.carried_out == []
    assert not any(number in str(logs) for number in EVERY_CARD)


@every_change
async def test_an_action_without_its_key_is_a_fault(merged: Line, action: str) -> None:
    assert await merged.fails(action, key="", **CHANGES[action]) == "internal"
    assert await merged.sender.send_due() == 0


@pytest.fixture
async def spooling(line: Line, sqlite_url: str, tmp_path: Path) -> AsyncIterator[tuple[Line, SpooledOperationLog]]:
    """A line over a real database whose table is not there yet: nothing can be written to it."""
    async with AsyncExitStack() as stack:
        sql = SqlOperationLog(sqlite_url, limit_seconds=PATIENT_SECONDS)
        stack.push_async_callback(sql.close)
        spooled = SpooledOperationLog(sql, tmp_path / "operations.spool")
        stack.callback(spooled.close)
        line.use(spooled)
        yield line, spooled
        await line.changes.close()


@pytest.mark.parametrize("action", [name for name in CHANGES if name != "undo_merge"])
async def test_while_the_database_is_down_it_is_accepted_into_the_spool_and_done_once_it_is_back(
    spooling: tuple[Line, SpooledOperationLog], sqlite_url: str, action: str
) -> None:
    line, spooled = spooling
    for _ in range(2):
        assert (await line.run(action, key=KEY, **CHANGES[action]))["outcome"] == "accepted"
    assert spooled.waiting_operations == 1
    await upgrade(sqlite_url)
    assert await spooled.import_spool() == 1
    await line.sender.send_due()
    record = await spooled.load(LOGGED)
    assert record is not None
    assert record.state is OperationState.DONE
    assert spooled.rejected_operations == 0
    assert line.loyalty.carried_out == [LOGGED]


async def test_a_tied_phone_in_the_spool_is_known_to_the_activation_that_follows(
    spooling: tuple[Line, SpooledOperationLog], sqlite_url: str
) -> None:
    line, spooled = spooling
    await line.run("tie_phone", customer_id="c-0032", phone="+79160000132")
    marina = {"card_number": "7789736819303646", "phone": "+79160000132", "first_name": "Марина"}
    await line.run("activate", birth_date="06051976", **marina)
    await upgrade(sqlite_url)
    await spooled.import_spool()
    for _ in range(2):
        await line.send_due()
    assert [record.state for record in await spooled.of_call("call-1")] == [OperationState.DONE] * 2


async def test_a_refusal_in_the_call_is_nothing_to_call_back_about(line: Line) -> None:
    assert (await line.run(BLOCK, key=KEY, phone="+79160000003"))["reason"] == "already_blocked"
    await line.changes.close()
    assert await line.log.latest(to_call_back=True) == ()


async def test_a_refusal_after_the_call_is_listed_for_staff(line: Line) -> None:
    line.loyalty.fails_with = LoyaltyUnavailable("down")
    assert (await line.run(BLOCK, key=KEY, phone="+79160000003"))["outcome"] == "accepted"
    line.loyalty.fails_with = None
    await line.send_due()
    (record,) = await line.log.latest(to_call_back=True)
    assert (record.key, record.call_id, record.reason) == (LOGGED, "call-1", "already_blocked")


async def test_a_refusal_that_comes_when_the_caller_has_given_up_waiting_is_listed_too(line: Line) -> None:
    let_go = line.loyalty.hold()
    await line.run(BLOCK, key=KEY, limit=0.8, phone="+79160000003")
    let_go.set()
    await line.changes.close()
    assert [record.key for record in await line.log.latest(to_call_back=True)] == [LOGGED]


async def test_a_key_that_the_loyalty_system_knows_from_something_else_is_a_failure(line: Line) -> None:
    await line.loyalty.carry_out(LOGGED, CardBlock(ANNAS_CARD))
    with capture_logs() as logs:
        assert await line.fails(BLOCK, key=KEY, phone=ANNAS_PHONE) == "internal"
    assert "critical" in [entry["log_level"] for entry in logs]
    await line.changes.close()
    assert await line.log.latest(to_call_back=True) == (), "the caller went to an agent"


async def test_what_can_never_be_stored_is_a_fault(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(operation: Operation) -> None:
        raise OperationNotStorable("odd")

    monkeypatch.setattr(line.log, "accept", refuse)
    assert await line.fails(BLOCK, phone=ANNAS_PHONE) == "internal"


async def test_with_too_little_time_left_nothing_is_begun(line: Line) -> None:
    assert await line.fails(BLOCK, limit=0.1, phone=ANNAS_PHONE) == "timeout"
    assert await line.records() == ()


async def test_a_caller_who_hangs_up_while_it_is_written_has_it_written(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, let_go, write = asyncio.Event(), asyncio.Event(), line.log.accept

    async def slowly(operation: Operation) -> None:
        writing.set()
        await let_go.wait()
        await write(operation)

    monkeypatch.setattr(line.log, "accept", slowly)
    running = asyncio.create_task(line.run(BLOCK, key=KEY, phone=ANNAS_PHONE))
    await writing.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    let_go.set()
    await line.changes.close()
    assert await last_state(line) is OperationState.ACCEPTED
    await line.send_due()
    assert await last_state(line) is OperationState.DONE


async def test_a_caller_who_hangs_up_while_it_is_sent_has_it_done_at_once(line: Line) -> None:
    let_go = line.loyalty.hold()
    running = asyncio.create_task(line.run(BLOCK, key=KEY, phone=ANNAS_PHONE))
    while not (await line.log.load(LOGGED) and await last_state(line) is OperationState.SENT):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    let_go.set()
    await line.changes.close()
    assert await last_state(line) is OperationState.DONE


async def test_the_outcome_of_a_sender_that_was_quicker_is_waited_for(line: Line) -> None:
    await line.log.accept(Operation(LOGGED, "call-1", PhoneBlock(ANNAS_PHONE), line.now))
    let_go = line.loyalty.hold()
    other = asyncio.create_task(line.sender.send_due())
    while await last_state(line) is not OperationState.SENT:
        await asyncio.sleep(0)
    asking = asyncio.create_task(line.run(BLOCK, key=KEY, phone=ANNAS_PHONE))
    await asyncio.sleep(0.05)
    assert not asking.done()
    let_go.set()
    await other
    assert await asking == {"outcome": "done", "reason": None, "blocked_cards": 0, "points": 0}


async def test_a_log_that_fails_after_the_writing_leaves_the_change_accepted(line: Line) -> None:
    class FailingLog(FakeOperationLog):
        async def accept(self, operation: Operation) -> None:
            await super().accept(operation)
            self.down = True

    line.log = FailingLog()
    line.use(line.log)
    assert (await line.run(BLOCK, key=KEY, phone=ANNAS_PHONE))["outcome"] == "accepted"


async def test_an_outcome_that_cannot_be_noted_is_told(line: Line) -> None:
    line.loyalty.on_carried_out = lambda: setattr(line.log, "down", True)
    assert (await line.run(BLOCK, key=KEY, phone=ANNAS_PHONE))["outcome"] == "done"


async def test_a_worker_that_stops_gives_up_what_does_not_end(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialogs.actions.changes.CLOSE_LIMIT_SECONDS", 0.05)
    line.loyalty.hold()
    await line.run(BLOCK, key=KEY, limit=0.8, phone=ANNAS_PHONE)
    await line.changes.close()
    line.loyalty.let_go = None
    await line.send_due()
    assert await last_state(line) is OperationState.DONE


async def test_two_wishes_at_once_do_not_mix(line: Line) -> None:
    phones = ("+79160000001", "+79160000007", "+79169999999")
    results = await asyncio.gather(
        *(line.run(BLOCK, key=key_number(900 + number), phone=phone) for number, phone in enumerate(phones))
    )
    assert [(result["outcome"], result["points"]) for result in results] == [
        ("done", 1250),
        ("done", 1),
        ("refused", 0),
    ]


async def test_a_key_in_the_log_cannot_be_made_without_the_secret(line: Line) -> None:
    other = Changes(line.log, line.sender, secret=b"another line's secret")
    asked = Asked.now(ActionRequest("loyalty.block_by_phone", {}, None, "call-1", KEY))
    assert line.changes.key_of(asked) == LOGGED
    assert len({other.key_of(asked), LOGGED, KEY}) == 3
    assert OPERATION_KEY.fullmatch(LOGGED)
