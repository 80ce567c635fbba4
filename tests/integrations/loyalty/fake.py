"""An in-memory `LoyaltySystem` for other packages' unit tests, held to the same contract as the HTTP adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from integrations.loyalty.port import (
    Card,
    CardState,
    Change,
    Customer,
    LoyaltyError,
    LoyaltyKeyConflict,
    Merge,
    MergePreview,
    Outcome,
    Refused,
)
from integrations.loyalty.sandbox.people import SampleCard, SamplePerson, sample_people
from integrations.loyalty.sandbox.rules import Rules, card_of
from integrations.loyalty.sandbox.tables import CardRow, CustomerRow, PhoneRow
from tests.integrations.loyalty.memory_ledger import MemoryLedger

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_TODAY = NOON.date()


class FakeLoyaltySystem:
    """Customers in memory, under the sandbox's rules.

    Set `fails_with` to make every call fail until it is None again, and `loses_answers` to make it fail only after a
    change was carried out.
    """

    def __init__(self, customers: Iterable[tuple[Customer, date | None]], today: date = _TODAY) -> None:
        """Take customers with their birth dates."""
        self._ledger = MemoryLedger()
        self._answers: dict[str, tuple[Change, Outcome]] = {}
        self.today = today
        self.now = NOON
        self.fails_with: LoyaltyError | None = None
        self.loses_answers: LoyaltyError | None = None
        self.on_carried_out: Callable[[], None] = lambda: None
        self.calls = 0
        self.carried_out: list[str] = []  # keys, in order, as often as something was really done
        self.is_closed = False
        for customer, born in customers:
            self._add(customer, born)

    @classmethod
    def with_sample_people(cls, today: date) -> FakeLoyaltySystem:
        """Hold the same people as a sandbox that was filled today."""
        fake = cls(((as_customer(person, today), person.birth_date) for person in sample_people().people), today)
        for number in sample_people().cards_without_owner:
            fake.hand_out(number)
        return fake

    def hand_out(self, card_number: str) -> None:
        """Put a card in a shop: nobody has activated it."""
        self._ledger.cards[card_number] = _row(Card(card_number, CardState.ISSUED, 0, 0, 0, None), None)

    async def customer_by_phone(self, phone: str) -> Customer | None:
        self._count_or_fail()
        row = self._ledger.phones.get(phone)
        return None if row is None else await self._customer(row.customer_id)

    async def customer_by_card(self, card_number: str, birth_date: date) -> Customer | None:
        self._count_or_fail()
        card = self._ledger.cards.get(card_number)
        if card is None or card.customer_id is None:
            return None
        born = self._ledger.customers[card.customer_id].birth_date
        return await self._customer(card.customer_id) if born == birth_date else None

    async def customer_by_id(self, customer_id: str) -> Customer | None:
        self._count_or_fail()
        return await self._customer(customer_id) if customer_id in self._ledger.customers else None

    async def preview_merge(self, merge: Merge) -> MergePreview | Refused:
        self._count_or_fail()
        return await self._rules().preview(merge)

    async def carry_out(self, key: str, change: Change) -> Outcome:
        self._count_or_fail()
        if key not in self._answers:
            self._answers[key] = (change, await self._rules().carry_out(key, change))
            self.carried_out.append(key)
        self.on_carried_out()
        known, outcome = self._answers[key]
        if known != change:
            raise LoyaltyKeyConflict("the operation key was used with another content")
        if self.loses_answers is not None:
            raise self.loses_answers
        return outcome

    async def close(self) -> None:
        self.is_closed = True

    def _rules(self) -> Rules:
        return Rules(self._ledger, self.today, self.now, timedelta(hours=24))

    def _count_or_fail(self) -> None:
        self.calls += 1
        if self.fails_with is not None:
            raise self.fails_with

    def _add(self, customer: Customer, born: date | None) -> None:
        names = (customer.first_name, customer.patronymic, customer.last_name)
        self._ledger.customers[customer.id] = CustomerRow(
            id=customer.id, first_name=names[0], patronymic=names[1], last_name=names[2], birth_date=born
        )
        for phone in customer.phones:
            self._ledger.phones[phone] = PhoneRow(number=phone, customer_id=customer.id)
        for card in customer.cards:
            self._ledger.cards[card.number] = _row(card, customer.id)

    async def _customer(self, customer_id: str) -> Customer:
        row = self._ledger.customers[customer_id]
        return Customer(
            id=row.id,
            first_name=row.first_name,
            patronymic=row.patronymic,
            last_name=row.last_name,
            phones=tuple(self._ledger.phones_of(customer_id)),
            cards=tuple(card_of(card, self.today) for card in await self._ledger.cards_of(customer_id)),
        )


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


def _row(card: Card, customer_id: str | None) -> CardRow:
    return CardRow(
        number=card.number,
        customer_id=customer_id,
        state=card.state,
        points=card.points,
        points_pending=card.points_pending,
        points_expiring=card.points_expiring,
        expires_on=card.expires_on,
    )
