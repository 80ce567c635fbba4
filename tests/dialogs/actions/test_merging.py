from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dialogs.talks.example_results import card, customer
from integrations.loyalty.port import CardState, LoyaltyUnavailable
from integrations.operations.port import OperationState
from tests.dialogs.actions.conftest import Line
from tests.integrations.loyalty.fake import FakeLoyaltySystem

DMITRY = "+79160000002"
HIS = {"customer_id": "c-0002", "kept_last4": "3503", "merged_last4": "7192"}


@pytest.mark.parametrize(
    ("customer_id", "chosen"),
    [
        ("c-0002", ("two", "3503", 340, "7192", 85)),
        ("c-0015", ("two", "2982", 975, "8573", 30)),  # the active card stays, the lost one is merged
        ("c-0017", ("several", "6663", 640, "0760", 222)),
        ("c-0030", ("one", "6486", 1500, None, 0)),  # beside a card that is not active yet
        ("c-0016", ("one", "4942", 3052, None, 0)),  # beside a card that is merged already
        ("c-0003", ("none", None, 0, None, 0)),  # blocked: nothing could stay
        ("c-9999", ("none", None, 0, None, 0)),
    ],
)
async def test_the_two_best_cards_are_proposed(line: Line, customer_id: str, chosen: tuple[object, ...]) -> None:
    result = await line.run("merge_choice", customer_id=customer_id)
    names = ("outcome", "first_last4", "first_points", "second_last4", "second_points")
    assert tuple(result[name] for name in names) == chosen


async def test_a_preview_tells_the_sums_and_changes_nothing(line: Line) -> None:
    assert await line.run("preview_merge", **HIS) == {
        "outcome": "possible",
        "reason": None,
        "kept_points": 340,
        "merged_points": 85,
        "points_after": 425,
        "undo_minutes": 24 * 60,
    }
    assert await line.records() == ()


REFUSED = [
    ({"merged_last4": "3503"}, "same_card"),
    ({"merged_last4": "0000"}, "unknown_card"),
    ({"customer_id": "c-9999"}, "unknown_customer"),
    ({"customer_id": "c-0015", "kept_last4": "8573", "merged_last4": "2982"}, "card_blocked"),
    ({"customer_id": "c-0030", "kept_last4": "6486", "merged_last4": "7852"}, "card_not_active"),
    ({"customer_id": "c-0016", "kept_last4": "4942", "merged_last4": "9360"}, "unknown_card"),
]


@pytest.mark.parametrize(("change", "reason"), REFUSED)
@pytest.mark.parametrize("action", ["preview_merge", "merge"])
async def test_a_merge_that_cannot_be_is_refused(line: Line, action: str, change: dict[str, str], reason: str) -> None:
    result = await line.run(action, **{**HIS, **change})
    assert (result["outcome"], result["reason"], result["undo_minutes"]) == ("refused", reason, 0)


async def test_a_merge_is_done_and_taken_back(line: Line) -> None:
    merged = await line.run("merge", **HIS)
    assert (merged["outcome"], merged["undo_minutes"]) == ("done", 24 * 60)
    assert [(card.number[-4:], card.points) for card in (await line.customer(DMITRY)).cards] == [
        ("3503", 425),
        ("7192", 0),
    ]
    undone = await line.run("undo_merge", merge_key=merged["merge_key"])
    assert undone == {"outcome": "done", "reason": None}
    assert await line.states(DMITRY) == {"3503": CardState.ACTIVE, "7192": CardState.ACTIVE}
    again = await line.run("undo_merge", merge_key=merged["merge_key"])
    assert again == {"outcome": "refused", "reason": "already_undone"}


async def test_a_merge_that_was_taken_back_is_not_told_as_done_when_asked_again_under_its_key(line: Line) -> None:
    merged = await line.run("merge", key="a" * 40, **HIS)
    await line.run("undo_merge", merge_key=merged["merge_key"])
    assert (await line.run("merge", key="a" * 40, **HIS))["reason"] == "already_undone"


async def test_the_window_for_taking_back_closes(line: Line) -> None:
    merged = await line.run("merge", **HIS)
    line.now += timedelta(hours=25)
    line.loyalty.now = line.now
    assert (await line.run("undo_merge", merge_key=merged["merge_key"]))["reason"] == "undo_window_over"


async def test_a_merge_asked_again_under_its_key_is_told_as_done_and_not_as_an_unknown_card(line: Line) -> None:
    first = await line.run("merge", key="a" * 40, **HIS)
    assert await line.run("merge", key="a" * 40, **HIS) == first
    assert line.loyalty.carried_out == ["a" * 40]


async def test_taking_back_an_accepted_merge_waits_for_it_and_both_are_carried_out_in_order(line: Line) -> None:
    line.loyalty.on_carried_out = lambda: setattr(line.loyalty, "fails_with", LoyaltyUnavailable("down"))
    line.loyalty.loses_answers = LoyaltyUnavailable("lost")
    merged = await line.run("merge", **HIS)
    undone = await line.run("undo_merge", merge_key=merged["merge_key"])
    assert (merged["outcome"], merged["undo_minutes"], undone["outcome"]) == ("accepted", 0, "accepted")
    line.loyalty.on_carried_out = lambda: None
    line.loyalty.fails_with = line.loyalty.loses_answers = None
    for _ in range(2):
        await line.send_due()
    assert [record.state for record in await line.records()] == [OperationState.UNDONE, OperationState.DONE]
    assert await line.states(DMITRY) == {"3503": CardState.ACTIVE, "7192": CardState.ACTIVE}


async def test_a_merge_whose_cards_cannot_be_read_is_not_written(line: Line) -> None:
    line.loyalty.fails_with = LoyaltyUnavailable("down")
    assert await line.fails("merge", **HIS) == "unavailable"
    assert await line.records() == ()


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("block_card", {"card_last4": "5555"}),
        ("merge", {"kept_last4": "2222", "merged_last4": "5555"}),
        ("merge", {"kept_last4": "5555", "merged_last4": "5555"}),
        ("preview_merge", {"kept_last4": "5555", "merged_last4": "2222"}),
        ("merge_choice", {}),
    ],
)
async def test_of_two_cards_that_end_alike_none_is_guessed(line: Line, action: str, arguments: dict[str, str]) -> None:
    twin = replace(card("5555", CardState.BLOCKED), number="7790000000005555")
    twins = customer(card("2222", points=1), card("5555", points=3), twin)
    line.loyalty = FakeLoyaltySystem([(twins, None)])  # type: ignore[assignment]
    line.use(line.log)
    assert await line.fails(action, customer_id="c-1", **arguments) == "internal"
    assert await line.records() == ()
