from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from structlog.testing import capture_logs

from dialogs.actions.loyalty_actions import LoyaltyActions
from dialogs.actions.port import ActionError, ActionRequest
from dialogs.engine.bundle import Bundle
from dialogs.engine.vocabulary import Value
from dialogs.talks.example_results import card, customer
from integrations.attempts.port import AttemptSubject
from integrations.loyalty.port import LoyaltyError, LoyaltyGarbage, LoyaltyTimeout, LoyaltyUnavailable
from integrations.settings import AttemptSettings
from tests.dialogs.actions.changes_under_test import changes_over
from tests.integrations.attempts.fake import FakeWrongAttempts
from tests.integrations.loyalty.fake import FakeLoyaltySystem
from tests.integrations.operations.fake import FakeOperationLog

CALLER = "+79160000001"
CARD = "7789000000002222"
BY_CARD = "loyalty.find_by_card"
RIGHT = {"card_number": CARD, "birth_date": "05071985"}
WRONG = {"card_number": CARD, "birth_date": "06071985"}


class Desk:
    """The actions with their outside."""

    def __init__(self, settings: AttemptSettings | None = None) -> None:
        self.loyalty = FakeLoyaltySystem([(customer(card("2222", points=1250)), date(1985, 7, 5))])
        self.attempts = FakeWrongAttempts(settings)
        self.actions = LoyaltyActions(self.loyalty, self.attempts, changes_over(FakeOperationLog(), self.loyalty))

    async def run(
        self, action: str, arguments: Mapping[str, Value], caller: str | None = CALLER
    ) -> Mapping[str, Value]:
        return await self.actions.run(ActionRequest(action, arguments, caller, "call-1"))

    async def by_card(self, arguments: dict[str, str], caller: str | None = CALLER) -> object:
        return (await self.run(BY_CARD, arguments, caller))["outcome"]

    async def locked(self, caller: str | None = CALLER, number: str = "7789999999999999") -> bool:
        return await self.attempts.is_locked(AttemptSubject(caller, number))


def desk(**limits: int) -> Desk:
    return Desk(AttemptSettings.model_validate({"per_caller": 3, "per_card": 50, "per_range": 500, **limits}))


async def test_a_number_finds_its_customer() -> None:
    result = await desk().run("loyalty.find_by_phone", {"phone": CALLER})
    assert (result["outcome"], result["customer_name"], result["points"]) == ("found", "Анна Сергеевна", 1250)


async def test_a_number_of_nobody_is_not_a_wrong_try() -> None:
    line = desk(per_caller=1)
    result = await line.run("loyalty.find_by_phone", {"phone": "+70000000000"})
    assert result["outcome"] == "not_found"
    assert not await line.locked()


async def test_a_card_with_its_birth_date_finds_its_customer() -> None:
    assert await desk().by_card(RIGHT) == "found"


async def test_the_last_wrong_try_locks_and_the_right_answer_comes_too_late() -> None:
    line = desk()
    assert [await line.by_card(WRONG) for _ in range(3)] == ["not_found", "not_found", "locked"]
    asked = line.loyalty.calls
    assert await line.by_card(RIGHT) == "locked"
    assert line.loyalty.calls == asked, "who is locked is not looked up at all"


async def test_a_card_of_nobody_counts_like_a_wrong_birth_date() -> None:
    line = desk(per_caller=1)
    assert await line.by_card({**RIGHT, "card_number": "7789000000009999"}) == "locked"


async def test_a_right_answer_makes_the_callers_wrong_tries_forgotten() -> None:
    line = desk()
    for _ in range(2):
        for _ in range(2):
            assert await line.by_card(WRONG) == "not_found"
        assert await line.by_card(RIGHT) == "found"
    assert not await line.locked()


async def test_a_right_answer_does_not_forgive_what_was_tried_on_the_card() -> None:
    line = desk(per_caller=50, per_card=3)
    assert await line.by_card(WRONG) == "not_found"
    assert await line.by_card(RIGHT) == "found"
    assert [await line.by_card(WRONG) for _ in range(2)] == ["not_found", "locked"]


async def test_hidden_callers_are_one_and_no_right_answer_of_one_forgives_the_others() -> None:
    line = desk()
    assert [await line.by_card(WRONG, None) for _ in range(2)] == ["not_found", "not_found"]
    assert await line.by_card(RIGHT, None) == "found"
    assert await line.by_card(WRONG, None) == "locked"


async def test_without_the_counters_nobody_is_identified_by_card() -> None:
    line = desk()
    line.attempts.down = True
    with pytest.raises(ActionError) as failed:
        await line.by_card(RIGHT)
    assert failed.value.kind == "unavailable"
    assert line.loyalty.calls == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LoyaltyTimeout("late"), "timeout"),
        (LoyaltyUnavailable("down"), "unavailable"),
        (LoyaltyGarbage("odd"), "garbage"),
        (LoyaltyError("refused"), "unavailable"),
    ],
)
async def test_a_failure_of_the_loyalty_system_is_no_wrong_try(error: LoyaltyError, kind: str) -> None:
    line = desk(per_caller=1)
    line.loyalty.fails_with = error
    with pytest.raises(ActionError) as failed:
        await line.by_card(WRONG)
    assert failed.value.kind == kind
    assert not await line.locked()


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("loyalty.find_by_mail", {}),
        (BY_CARD, {}),
        (BY_CARD, {"card_number": 7789, "birth_date": "05071985"}),
        (BY_CARD, {**RIGHT, "birth_date": "31021985"}),
        (BY_CARD, {**RIGHT, "birth_date": "июль"}),
    ],
)
async def test_a_mistake_of_a_flow_is_an_internal_failure(action: str, arguments: dict[str, object]) -> None:
    with capture_logs() as logs, pytest.raises(ActionError) as failed:
        await desk().run(action, arguments)  # type: ignore[arg-type]
    assert failed.value.kind == "internal"
    assert [entry["event"] for entry in logs] == ["action broke"]


async def test_a_locked_card_is_logged_without_its_number() -> None:
    line = desk(per_caller=1)
    await line.by_card(WRONG)
    with capture_logs() as logs:
        await line.by_card(RIGHT)
    assert CARD not in str(logs)
    assert "2222" in str(logs)


async def test_every_action_of_the_contract_can_be_run(bundle: Bundle) -> None:
    assert desk().actions.names == bundle.actions.keys()
