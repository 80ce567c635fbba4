"""Who is calling, and whose card is named; wrong tries are counted across calls."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import structlog

from dialogs.actions.asked import Asked, Result
from dialogs.actions.changes import Made, Told
from dialogs.customer_facts import found, nobody
from integrations.attempts.port import AttemptsError, AttemptSubject, WrongAttempts
from integrations.loyalty.phone_numbers import mask_digits
from integrations.loyalty.port import LoyaltySystem, Refusal

_log = structlog.get_logger()

NOT_FOUND = "not_found"
ALIKE = (Refusal.UNKNOWN_CARD.value, Refusal.CARD_OF_ANOTHER.value, Refusal.PERSON_DIFFERS.value)
"""Reasons that must not be told apart to whom nobody has verified: they would tell which cards there are."""


class Guard:
    """Counts wrong pairs of card and birth date, whatever action they were tried with."""

    def __init__(self, attempts: WrongAttempts) -> None:
        self._attempts = attempts

    async def is_locked(self, subject: AttemptSubject) -> bool:
        """Say whether nothing may be tried any more.

        Raises:
            AttemptsError
        """
        locked = await self._attempts.is_locked(subject)
        if locked:
            _log.warning("identification is locked", card=mask_digits(subject.card_number))
        return locked

    async def wrong(self, subject: AttemptSubject) -> bool:
        """Count a wrong try; say whether that was the last one.

        Raises:
            AttemptsError
        """
        return await self._attempts.count_wrong(subject)

    async def right(self, subject: AttemptSubject) -> None:
        """Forget the caller's wrong tries.

        Raises:
            AttemptsError
        """
        if subject.caller_number is not None:
            await self._attempts.forget_caller(subject.caller_number)

    async def judge(self, subject: AttemptSubject, made: Made, *, proves: bool = False) -> Made:
        """Make of a change what somebody unverified may be told; `proves`: done means that the birth date was right.

        Raises:
            AttemptsError: a wrong try that cannot be counted is not told.
        """
        if made.reason in ALIKE:
            return Made(Told.LOCKED) if await self.wrong(subject) else replace(made, reason=NOT_FOUND)
        if proves and made.outcome is Told.DONE:
            with suppress(AttemptsError):  # it is done all the same
                await self.right(subject)
        return made


class Identification:
    """Finding a customer."""

    def __init__(self, loyalty: LoyaltySystem, guard: Guard) -> None:
        self._loyalty = loyalty
        self._guard = guard

    async def by_phone(self, asked: Asked) -> Result:
        """Carry out `loyalty.find_by_phone`."""
        customer = await self._loyalty.customer_by_phone(asked.text("phone"))
        return nobody("not_found") if customer is None else found(customer)

    async def by_card(self, asked: Asked) -> Result:
        """Carry out `loyalty.find_by_card`."""
        subject, birth_date = asked.subject(), asked.birth_date()
        if await self._guard.is_locked(subject):
            return nobody("locked")
        customer = await self._loyalty.customer_by_card(subject.card_number, birth_date)
        if customer is None:
            return nobody("locked" if await self._guard.wrong(subject) else "not_found")
        await self._guard.right(subject)
        return found(customer)
