"""An in-memory `LoyaltySystem` for other packages' unit tests, held to the same contract as the HTTP adapter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from integrations.loyalty.port import Card, Customer, LoyaltyError
from integrations.loyalty.sandbox.people import SampleCard, SamplePerson, sample_people


class FakeLoyaltySystem:
    """Customers in memory; set `fails_with` to make every call fail until it is None again."""

    def __init__(self, customers: Iterable[tuple[Customer, date | None]]) -> None:
        """Take customers with their birth dates."""
        self._customers = tuple(customers)
        self.fails_with: LoyaltyError | None = None
        self.calls = 0
        self.is_closed = False

    @classmethod
    def with_sample_people(cls, today: date) -> FakeLoyaltySystem:
        """Hold the same people as a sandbox that was filled today."""
        return cls((as_customer(person, today), person.birth_date) for person in sample_people().people)

    async def customer_by_phone(self, phone: str) -> Customer | None:
        self._count_or_fail()
        return next((customer for customer, _ in self._customers if phone in customer.phones), None)

    async def customer_by_card(self, card_number: str, birth_date: date) -> Customer | None:
        self._count_or_fail()
        for customer, born in self._customers:
            if any(card.number == card_number for card in customer.cards):
                return customer if born == birth_date else None
        return None

    async def close(self) -> None:
        self.is_closed = True

    def _count_or_fail(self) -> None:
        self.calls += 1
        if self.fails_with is not None:
            raise self.fails_with


def as_customer(person: SamplePerson, today: date) -> Customer:
    """Say how the line is to see a sample person on the day the sandbox was filled."""
    return Customer(
        id=person.id,
        first_name=person.first_name,
        patronymic=person.patronymic,
        last_name=person.last_name,
        phones=tuple(sorted(person.phones)),
        cards=tuple(sorted((_as_card(card, today) for card in person.cards), key=lambda card: card.number)),
    )


def _as_card(card: SampleCard, today: date) -> Card:
    return Card(
        number=card.number,
        state=card.state,
        points=card.points,
        points_pending=card.pending,
        points_expiring=card.expiring,
        expires_on=None if card.expires_in_days is None else today + timedelta(days=card.expires_in_days),
    )
