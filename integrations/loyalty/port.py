"""The loyalty port: customers, cards and points, as the line needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class LoyaltyError(Exception):
    """The loyalty system did not do what was asked. `retryable` says whether a later try makes sense."""

    retryable = False


class LoyaltyUnavailable(LoyaltyError):
    """Down, unreachable, or answering with a server error."""

    retryable = True


class LoyaltyTimeout(LoyaltyUnavailable):
    """No answer within the time limit."""


class LoyaltyGarbage(LoyaltyError):
    """An answer that does not fit the contract; never shown to the caller as data."""


class CardState(StrEnum):
    """Life of a loyalty card."""

    ISSUED = "issued"  # handed out, not yet activated
    ACTIVE = "active"
    BLOCKED = "blocked"
    MERGED = "merged"  # its points live on another card


@dataclass(frozen=True, slots=True)
class Card:
    """One card with its points."""

    number: str  # digits only
    state: CardState
    points: int  # whole points, spendable now
    points_pending: int  # earned, not yet spendable
    points_expiring: int  # part of `points` that expires on `expires_on`
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A person of the loyalty programme."""

    id: str
    first_name: str
    patronymic: str | None
    last_name: str
    phones: tuple[str, ...]  # E.164, e.g. "+79160000001"
    cards: tuple[Card, ...]


class LoyaltySystem(Protocol):
    """What the line asks of the loyalty system. All calls have a time limit; reading calls are retried once."""

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """Find a customer by E.164 number; None when nobody has it.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage
        """

    async def customer_by_card(self, card_number: str, birth_date: date) -> Customer | None:
        """Find a customer by card number, proved by the birth date.

        None means «no such card» and «not this person's» alike: the two must not be told apart.

        Raises:
            LoyaltyUnavailable, LoyaltyTimeout, LoyaltyGarbage
        """

    async def close(self) -> None:
        """Release connections."""
