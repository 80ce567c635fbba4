"""What every `LoyaltySystem` does with a merge of cards: over the fake, and over HTTP against both sandboxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.loyalty.port import (
    CardState,
    LoyaltySystem,
    Merge,
    MergePreview,
    MergeUndo,
    Refusal,
    Refused,
)
from tests.integrations.loyalty.conftest import Subject
from tests.integrations.loyalty.fake import NOON
from tests.integrations.loyalty.operation_examples import (
    ANNAS_CARD,
    DMITRYS_MERGE,
    NEW_CARD,
    cards_of,
    done,
    key,
)
from tests.integrations.loyalty.sandbox_under_test import TODAY


async def test_a_preview_tells_both_cards_and_the_sum_and_changes_nothing(loyalty: LoyaltySystem) -> None:
    preview = await loyalty.preview_merge(DMITRYS_MERGE)
    assert isinstance(preview, MergePreview)
    assert (preview.kept.points, preview.merged.points, preview.after.points) == (340, 85, 425)
    assert (preview.after.number, preview.undo_seconds) == (DMITRYS_MERGE.kept_card, 24 * 3600)
    dmitry = await loyalty.customer_by_id("c-0002")
    assert dmitry is not None
    assert [card.points for card in dmitry.cards] == [340, 85]


async def test_a_merge_does_what_its_preview_told(loyalty: LoyaltySystem) -> None:
    preview = await loyalty.preview_merge(DMITRYS_MERGE)
    assert isinstance(preview, MergePreview)
    outcome = await done(loyalty, DMITRYS_MERGE)
    kept, merged = outcome.cards
    assert kept == preview.after
    assert (merged.state, merged.points) == (CardState.MERGED, 0)
    assert outcome.undo_until == NOON + timedelta(hours=24)


async def test_points_on_the_way_and_the_nearer_day_of_expiry_survive_a_merge(loyalty: LoyaltySystem) -> None:
    kept, _ = (await done(loyalty, Merge("c-0033", *cards_of("c-0033")))).cards
    assert (kept.points, kept.points_pending, kept.points_expiring) == (1100, 65, 250)
    assert kept.expires_on == TODAY + timedelta(days=3)


async def test_points_of_a_blocked_card_move_to_its_successor(loyalty: LoyaltySystem) -> None:
    lost, successor = cards_of("c-0015")
    kept, merged = (await done(loyalty, Merge("c-0015", kept_card=successor, merged_card=lost))).cards
    assert (kept.points, kept.state, merged.state) == (1005, CardState.ACTIVE, CardState.MERGED)


@pytest.mark.parametrize(
    ("merge", "reason"),
    [
        (replace(DMITRYS_MERGE, merged_card=ANNAS_CARD), Refusal.DIFFERENT_PEOPLE),
        (replace(DMITRYS_MERGE, customer_id="c-0001"), Refusal.DIFFERENT_PEOPLE),
        (
            Merge("c-0034", *cards_of("c-0034"), *cards_of("c-0035")),
            Refusal.DIFFERENT_PEOPLE,
        ),  # one person, two profiles
        (replace(DMITRYS_MERGE, merged_card=DMITRYS_MERGE.kept_card), Refusal.SAME_CARD),
        (replace(DMITRYS_MERGE, merged_card="7789001245700372"), Refusal.UNKNOWN_CARD),
        (replace(DMITRYS_MERGE, merged_card=NEW_CARD), Refusal.CARD_NOT_ACTIVE),
        (Merge("c-0030", *cards_of("c-0030")), Refusal.CARD_NOT_ACTIVE),
        (Merge("c-0015", *cards_of("c-0015")), Refusal.CARD_BLOCKED),
        (Merge("c-0016", *cards_of("c-0016")), Refusal.CARD_MERGED),
    ],
)
async def test_a_merge_is_refused_as_its_preview_was(loyalty: LoyaltySystem, merge: Merge, reason: Refusal) -> None:
    assert await loyalty.preview_merge(merge) == Refused(reason)
    assert await loyalty.carry_out(key(), merge) == Refused(reason)


@pytest.mark.parametrize("customer_id", ["c-0002", "c-0033"])
async def test_a_merge_taken_back_leaves_no_trace(loyalty: LoyaltySystem, customer_id: str) -> None:
    before = await loyalty.customer_by_id(customer_id)
    merge_key = key()
    await done(loyalty, Merge(customer_id, *cards_of(customer_id)), under=merge_key)
    await done(loyalty, MergeUndo(merge_key))
    assert await loyalty.customer_by_id(customer_id) == before
    assert await loyalty.carry_out(key(), MergeUndo(merge_key)) == Refused(Refusal.ALREADY_UNDONE)


async def test_a_merge_can_be_taken_back_until_its_window_is_over(subject: Subject) -> None:
    loyalty, early, late = subject.loyalty, key(), key()
    await done(loyalty, DMITRYS_MERGE, under=early)
    subject.let_pass(timedelta(hours=23, minutes=59))
    await done(loyalty, MergeUndo(early))
    await done(loyalty, DMITRYS_MERGE, under=late)
    subject.let_pass(timedelta(hours=24, seconds=1))
    assert await loyalty.carry_out(key(), MergeUndo(late)) == Refused(Refusal.UNDO_WINDOW_OVER)


async def test_points_that_moved_on_cannot_be_taken_back(loyalty: LoyaltySystem) -> None:
    first, second, third = cards_of("c-0017")
    first_key = key()
    await done(loyalty, Merge("c-0017", kept_card=second, merged_card=first), under=first_key)
    await done(loyalty, Merge("c-0017", kept_card=third, merged_card=second))
    assert await loyalty.carry_out(key(), MergeUndo(first_key)) == Refused(Refusal.CARD_MERGED)


async def test_a_merge_that_never_was_cannot_be_taken_back(loyalty: LoyaltySystem) -> None:
    assert await loyalty.carry_out(key(), MergeUndo(key())) == Refused(Refusal.UNKNOWN_MERGE)
