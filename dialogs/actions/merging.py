"""Merging two cards of one customer, and taking that back."""

from __future__ import annotations

from datetime import datetime

from dialogs.actions.asked import Asked, Result
from dialogs.actions.changes import Changes
from dialogs.actions.own_cards import OwnCards, kept_cards, named_card
from dialogs.customer_facts import MERGEABLE
from integrations.loyalty.port import (
    Card,
    CardState,
    LoyaltySystem,
    Merge,
    MergePreview,
    MergeUndo,
    Refusal,
    Refused,
)


class Merging:
    """The actions about merges."""

    def __init__(self, loyalty: LoyaltySystem, changes: Changes, cards: OwnCards) -> None:
        self._loyalty = loyalty
        self._changes = changes
        self._cards = cards

    async def choice(self, asked: Asked) -> Result:
        """Carry out `loyalty.merge_choice`."""
        customer = await self._loyalty.customer_by_id(asked.text("customer_id"))
        if customer is None:
            return _choice("none")
        cards = sorted((card for card in kept_cards(customer) if card.state in MERGEABLE), key=_best_first)
        for card in cards[:2]:
            named_card(customer, card.number[-4:])  # what cannot be named cannot be chosen
        if not cards or cards[0].state is not CardState.ACTIVE:
            return _choice("none")
        return _choice({1: "one", 2: "two"}.get(len(cards), "several"), *cards[:2])

    async def preview(self, asked: Asked) -> Result:
        """Carry out `loyalty.preview_merge`."""
        merge = await self._wanted(asked)
        preview = Refused(merge) if isinstance(merge, Refusal) else await self._loyalty.preview_merge(merge)
        match preview:
            case MergePreview(kept, merged, after, undo_seconds):
                return {
                    "outcome": "possible",
                    "reason": None,
                    "kept_points": kept.points,
                    "merged_points": merged.points,
                    "points_after": after.points,
                    "undo_minutes": undo_seconds // 60,
                }
            case Refused(reason):
                points = {"kept_points": 0, "merged_points": 0, "points_after": 0}
                return {"outcome": "refused", "reason": reason.value, **points, "undo_minutes": 0}

    async def merge(self, asked: Asked) -> Result:
        """Carry out `loyalty.merge`."""
        made = await self._changes.make(asked, lambda: self._wanted(asked))
        return {
            "outcome": made.outcome.value,
            "reason": made.reason,
            "merge_key": asked.key,
            "undo_minutes": _minutes_until(made.undo_until, self._changes.now()),
        }

    async def undo(self, asked: Asked) -> Result:
        """Carry out `loyalty.undo_merge`."""
        made = await self._changes.make(asked, MergeUndo(asked.text("merge_key")))
        return {"outcome": made.outcome.value, "reason": made.reason}

    async def _wanted(self, asked: Asked) -> Merge | Refusal:
        customer_id = asked.text("customer_id")
        found = await self._cards.numbers(customer_id, asked.text("kept_last4"), asked.text("merged_last4"))
        return found if isinstance(found, Refusal) else Merge(customer_id, found[0], found[1])


def _best_first(card: Card) -> tuple[bool, int, str]:
    return card.state is not CardState.ACTIVE, -card.points, card.number


def _choice(outcome: str, first: Card | None = None, second: Card | None = None) -> Result:
    return {
        "outcome": outcome,
        "first_last4": first.number[-4:] if first else None,
        "first_points": first.points if first else 0,
        "second_last4": second.number[-4:] if second else None,
        "second_points": second.points if second else 0,
    }


def _minutes_until(moment: datetime | None, now: datetime) -> int:
    return 0 if moment is None else max(0, int((moment - now).total_seconds() // 60))
