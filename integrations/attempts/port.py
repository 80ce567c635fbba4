"""The port of wrong tries: identification attempts are counted across calls, so that card numbers can't be guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class AttemptsError(Exception):
    """The counters are out of reach; identification by card is refused then (the safe direction)."""

    retryable = True


@dataclass(frozen=True, slots=True)
class AttemptSubject:
    """Who tries what: counted per caller, per card and per range of card numbers."""

    caller_number: str | None  # E.164; None counts as one shared caller «hidden»
    card_number: str


class WrongAttempts(Protocol):
    """Counters with a window, kept across calls and workers."""

    async def is_locked(self, subject: AttemptSubject) -> bool:
        """Say whether any of the subject's counters has reached its limit.

        Raises:
            AttemptsError
        """

    async def count_wrong(self, subject: AttemptSubject) -> bool:
        """Count one wrong try; return whether the subject is now locked.

        Raises:
            AttemptsError
        """

    async def forget_caller(self, caller_number: str) -> None:
        """Reset a caller's counter after a right answer.

        Raises:
            AttemptsError
        """
