from __future__ import annotations

import pytest

from integrations.loyalty.port import CardState, LoyaltyUnavailable
from integrations.operations.port import OperationState
from tests.dialogs.actions.conftest import Line
from tests.integrations.loyalty.operation_examples import ANNAS_CARD, ANNAS_PHONE, NEW_CARD, NEW_PHONE

NEWCOMER = {"card_number": NEW_CARD, "phone": NEW_PHONE, "first_name": "Пётр", "birth_date": "01041990"}
MARINAS_NEW_CARD, MARINAS_NEW_PHONE = "7789736819303646", "+79160000132"
MARINA = {
    "card_number": MARINAS_NEW_CARD,
    "phone": MARINAS_NEW_PHONE,
    "first_name": "Марина",
    "birth_date": "06051976",
}


async def test_a_card_from_a_shop_gets_its_holder(line: Line) -> None:
    assert await line.run("activate", **NEWCOMER) == {"outcome": "done", "reason": None}
    found = await line.customer(NEW_PHONE)
    assert (found.first_name, found.last_name, found.cards[0].state) == ("Пётр", None, CardState.ACTIVE)


@pytest.mark.parametrize("phone", ["89165550101", "9165550101", "8 (916) 555-01-01"])
async def test_a_phone_may_be_said_in_any_way(line: Line, phone: str) -> None:
    assert (await line.run("activate", **{**NEWCOMER, "phone": phone}))["outcome"] == "done"
    assert (await line.customer(NEW_PHONE)).first_name == "Пётр"


ALIKE = [
    {"card_number": "7789999999999999"},  # no such card
    {"card_number": ANNAS_CARD},  # another's
    {"phone": ANNAS_PHONE},  # the phone leads to somebody born another day
]


async def test_no_such_card_another_s_card_and_another_person_sound_alike(line: Line) -> None:
    line.attempts.settings = line.attempts.settings.model_copy(update={"per_caller": 50})
    results = [await line.run("activate", **{**NEWCOMER, **change}) for change in ALIKE]
    assert results == [{"outcome": "refused", "reason": "not_found"}] * 3


async def test_such_tries_are_counted_and_lock(line: Line) -> None:
    outcomes = [(await line.run("activate", **{**NEWCOMER, **change}))["outcome"] for change in ALIKE]
    assert outcomes == ["refused", "refused", "locked"]
    assert await line.run("activate", **NEWCOMER) == {"outcome": "locked", "reason": None}
    assert len(await line.records()) == 3, "of who is locked, nothing is written"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"card_number": ANNAS_CARD, "phone": ANNAS_PHONE, "birth_date": "14031985"}, "already_active"),
        ({"card_number": "7789540709949801", "phone": "+79160000003", "birth_date": "21071990"}, "card_blocked"),
        ({"card_number": "7789302351449360", "phone": "+79160000016", "birth_date": "23111984"}, "card_merged"),
        (MARINA, "known_by_other_phone"),
    ],
)
async def test_other_refusals_are_told_and_are_no_wrong_tries(line: Line, change: dict[str, str], reason: str) -> None:
    line.attempts.settings = line.attempts.settings.model_copy(update={"per_caller": 1})
    assert await line.run("activate", **{**NEWCOMER, **change}) == {"outcome": "refused", "reason": reason}
    assert (await line.run("activate", **NEWCOMER))["outcome"] == "done"


async def test_who_is_known_by_another_phone_ties_the_new_one_and_activates_again(line: Line) -> None:
    assert (await line.run("activate", **MARINA))["reason"] == "known_by_other_phone"
    tied = await line.run("tie_phone", customer_id="c-0032", phone=MARINAS_NEW_PHONE)
    assert tied == {"outcome": "done", "reason": None}
    assert (await line.run("activate", **MARINA))["outcome"] == "done"


async def test_an_activation_waits_for_the_phone_that_is_still_being_tied(line: Line) -> None:
    line.loyalty.fails_with = LoyaltyUnavailable("down")
    tied = await line.run("tie_phone", customer_id="c-0032", phone=MARINAS_NEW_PHONE)
    line.loyalty.fails_with = None
    activated = await line.run("activate", **MARINA)
    assert (tied["outcome"], activated["outcome"]) == ("accepted", "accepted")
    for _ in range(2):
        await line.send_due()
    assert [record.state for record in await line.records()] == [OperationState.DONE, OperationState.DONE]


@pytest.mark.parametrize(
    ("customer_id", "phone", "reason"),
    [("c-0004", ANNAS_PHONE, "phone_of_another"), ("c-9999", NEW_PHONE, "unknown_customer")],
)
async def test_a_phone_that_cannot_be_tied_is_refused(line: Line, customer_id: str, phone: str, reason: str) -> None:
    result = await line.run("tie_phone", customer_id=customer_id, phone=phone)
    assert result == {"outcome": "refused", "reason": reason}


async def test_without_the_counters_nobody_activates(line: Line) -> None:
    line.attempts.down = True
    assert await line.fails("activate", **NEWCOMER) == "unavailable"
    assert await line.records() == ()


@pytest.mark.parametrize(
    "change", [{"birth_date": "31021990"}, {"phone": "112"}, {"first_name": None}, {"card_number": 7789}]
)
async def test_a_mistake_of_a_flow_changes_nothing(line: Line, change: dict[str, object]) -> None:
    assert await line.fails("activate", **{**NEWCOMER, **change}) == "internal"
    assert await line.records() == ()
