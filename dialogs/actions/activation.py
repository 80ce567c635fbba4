"""Making a new card work for its holder, and letting a phone lead to a customer."""

from __future__ import annotations

from dialogs.actions.asked import Asked, Result
from dialogs.actions.changes import Changes, Made, Told
from dialogs.actions.identification import Guard
from integrations.loyalty.port import Activation, PhoneTie

_TIE_KIND = PhoneTie(customer_id="", phone="").kind


class Activating:
    """The actions that bring a card, a person and a phone together."""

    def __init__(self, changes: Changes, guard: Guard) -> None:
        self._changes = changes
        self._guard = guard

    async def activate(self, asked: Asked) -> Result:
        """Carry out `loyalty.activate`; the flow has asked for consent just before."""
        subject = asked.subject()
        change = Activation(
            subject.card_number, asked.phone(), asked.text("first_name"), asked.birth_date(), self._changes.now()
        )
        if await self._guard.is_locked(subject):
            return _result(Made(Told.LOCKED))
        made = await self._changes.make(asked, change, after_kind=_TIE_KIND)
        return _result(await self._guard.judge(subject, made))

    async def tie_phone(self, asked: Asked) -> Result:
        """Carry out `loyalty.tie_phone`."""
        tie = PhoneTie(asked.text("customer_id"), asked.phone())
        return _result(await self._changes.make(asked, tie))


def _result(made: Made) -> Result:
    return {"outcome": made.outcome.value, "reason": made.reason}
