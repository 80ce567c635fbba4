from __future__ import annotations

import pytest

from integrations.loyalty.port import CardState, LoyaltyUnavailable
from integrations.operations.port import OperationState
from tests.dialogs.actions.conftest import Line
from tests.integrations.loyalty.operation_examples import ANNAS_CARD, ANNAS_PHONE

DMITRY, RAISA, MARIA = "+79160000002", "+79160000037", "+79160000003"
ANNA = {"card_number": ANNAS_CARD, "birth_date": "14031985"}
WRONG_DAY = {**ANNA, "birth_date": "15031985"}
NO_CARD = {**ANNA, "card_number": "7789999999999999"}


async def test_one_card_of_two_is_blocked_and_its_points_are_told(line: Line) -> None:
    result = await line.run("block_card", customer_id="c-0002", card_last4="7192")
    assert result == {"outcome": "done", "reason": None, "blocked_cards": 1, "points": 85}
    assert await line.states(DMITRY) == {"3503": CardState.ACTIVE, "7192": CardState.BLOCKED}


@pytest.mark.parametrize(
    ("customer_id", "last4", "reason"),
    [("c-0003", "9801", "already_blocked"), ("c-0002", "0000", "unknown_card"), ("c-9999", "7192", "unknown_customer")],
)
async def test_a_card_that_cannot_be_blocked_is_refused(line: Line, customer_id: str, last4: str, reason: str) -> None:
    result = await line.run("block_card", customer_id=customer_id, card_last4=last4)
    assert (result["outcome"], result["reason"], result["blocked_cards"]) == ("refused", reason, 0)


async def test_a_card_cannot_be_found_while_the_loyalty_system_is_down_and_nothing_is_written(line: Line) -> None:
    line.loyalty.fails_with = LoyaltyUnavailable("down")
    assert await line.fails("block_card", customer_id="c-0002", card_last4="7192") == "unavailable"
    assert await line.records() == ()


async def test_by_phone_every_working_card_is_blocked(line: Line) -> None:
    result = await line.run("block_by_phone", phone="8 916 000-00-37")
    assert result == {"outcome": "done", "reason": None, "blocked_cards": 2, "points": 355}
    assert set((await line.states(RAISA)).values()) == {CardState.BLOCKED}


@pytest.mark.parametrize(
    ("phone", "reason"), [("+79169999999", "unknown_customer"), (MARIA, "already_blocked")], ids=["nobody", "blocked"]
)
async def test_a_phone_without_cards_to_block_is_refused(line: Line, phone: str, reason: str) -> None:
    assert (await line.run("block_by_phone", phone=phone))["reason"] == reason


@pytest.mark.parametrize(
    "asked", [("block_by_phone", {"phone": ANNAS_PHONE}), ("block_card_by_number", ANNA)], ids=["phone", "number"]
)
async def test_blocking_is_accepted_while_the_loyalty_system_is_down_and_done_later(
    line: Line, asked: tuple[str, dict[str, str]]
) -> None:
    line.loyalty.fails_with = LoyaltyUnavailable("down")
    result = await line.run(asked[0], **asked[1])
    assert result == {"outcome": "accepted", "reason": None, "blocked_cards": 0, "points": 0}
    line.loyalty.fails_with = None
    await line.send_due()
    assert await line.states(ANNAS_PHONE) == {"0364": CardState.BLOCKED}


async def test_by_number_the_birth_date_is_the_proof(line: Line) -> None:
    result = await line.run("block_card_by_number", **ANNA)
    assert result == {"outcome": "done", "reason": None, "blocked_cards": 1, "points": 1250}


async def test_an_unknown_card_and_a_wrong_day_sound_alike_and_are_counted(line: Line) -> None:
    results = [await line.run("block_card_by_number", **asked) for asked in (NO_CARD, WRONG_DAY)]
    assert results[0] == results[1]
    assert results[0]["reason"] == "not_found"
    assert (await line.run("block_card_by_number", **NO_CARD))["outcome"] == "locked"
    asked = line.loyalty.calls
    assert await line.run("block_card_by_number", **ANNA) == {
        "outcome": "locked",
        "reason": None,
        "blocked_cards": 0,
        "points": 0,
    }
    assert line.loyalty.calls == asked, "nothing is sent for who is locked"
    assert len(await line.records()) == 3


async def test_tries_with_several_actions_are_counted_together(line: Line) -> None:
    await line.run("find_by_card", **WRONG_DAY)
    await line.run("block_card_by_number", **WRONG_DAY)
    assert (await line.run("find_by_card", **WRONG_DAY))["outcome"] == "locked"


async def test_a_right_answer_makes_the_callers_wrong_tries_forgotten(line: Line) -> None:
    for _ in range(2):
        await line.run("block_card_by_number", **WRONG_DAY)
    assert (await line.run("block_card_by_number", **ANNA))["outcome"] == "done"
    assert (await line.run("block_card_by_number", **WRONG_DAY))["reason"] == "not_found"


async def test_without_the_counters_a_card_is_blocked_but_nobody_learns_whether_it_was_right(line: Line) -> None:
    line.attempts.down = True
    results = [await line.run("block_card_by_number", **asked) for asked in (WRONG_DAY, ANNA)]
    assert [result["outcome"] for result in results] == ["accepted", "accepted"]
    await line.send_due()
    assert await line.states(ANNAS_PHONE) == {"0364": CardState.BLOCKED}


async def test_a_wrong_try_that_cannot_be_counted_is_not_told(line: Line) -> None:
    line.loyalty.on_carried_out = lambda: setattr(line.attempts, "down", True)
    assert await line.fails("block_card_by_number", **WRONG_DAY) == "unavailable"
    assert [record.state for record in await line.records()] == [OperationState.REFUSED]


async def test_counters_that_break_after_a_right_answer_do_not_spoil_what_is_done(line: Line) -> None:
    line.loyalty.on_carried_out = lambda: setattr(line.attempts, "down", True)
    assert (await line.run("block_card_by_number", **ANNA))["outcome"] == "done"


@pytest.mark.parametrize("last4", ["364", "", "10364"])
async def test_a_card_is_named_by_four_digits_and_nothing_else(line: Line, last4: str) -> None:
    assert await line.fails("block_card", customer_id="c-0001", card_last4=last4) == "internal"


@pytest.mark.parametrize("phone", ["", "112", "телефон"])
async def test_what_is_no_phone_blocks_nothing(line: Line, phone: str) -> None:
    assert await line.fails("block_by_phone", phone=phone) == "internal"
    assert await line.records() == ()
