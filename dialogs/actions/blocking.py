"""Blocking cards: the safe direction, accepted whenever it can be written down."""

from __future__ import annotations

from dialogs.actions.asked import Asked, Result
from dialogs.actions.changes import Changes, Made, Told
from dialogs.actions.identification import Guard
from dialogs.actions.own_cards import OwnCards
from integrations.attempts.port import AttemptsError
from integrations.loyalty.port import CardBlock, CardState, Change, PhoneBlock, Refusal


class Blocking:
    """The actions that block."""

    def __init__(self, changes: Changes, cards: OwnCards, guard: Guard) -> None:
        self._changes = changes
        self._cards = cards
        self._guard = guard

    async def card(self, asked: Asked) -> Result:
        """Carry out `loyalty.block_card`."""

        async def prepare() -> Change | Refusal:
            found = await self._cards.numbers(asked.text("customer_id"), asked.text("card_last4"))
            return found if isinstance(found, Refusal) else CardBlock(found[0])

        return _result(await self._changes.make(asked, prepare))

    async def card_by_number(self, asked: Asked) -> Result:
        """Carry out `loyalty.block_card_by_number`."""
        subject = asked.subject()
        change = CardBlock(subject.card_number, asked.birth_date())
        try:
            if await self._guard.is_locked(subject):
                return _result(Made(Told.LOCKED))
        except AttemptsError:
            # The card may be in a thief's hands. That no outcome is told keeps this from being a way to guess.
            return _result(await self._changes.make(asked, change, wait=False))
        made = await self._changes.make(asked, change)
        return _result(await self._guard.judge(subject, made, proves=True))

    async def all_by_phone(self, asked: Asked) -> Result:
        """Carry out `loyalty.block_by_phone`."""
        return _result(await self._changes.make(asked, PhoneBlock(asked.phone())))


def _result(made: Made) -> Result:
    blocked = tuple(card for card in made.cards if card.state is CardState.BLOCKED)
    return {
        "outcome": made.outcome.value,
        "reason": made.reason,
        "blocked_cards": len(blocked),
        "points": sum(card.points for card in blocked),
    }
