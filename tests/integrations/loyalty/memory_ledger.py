from __future__ import annotations

from datetime import date

from integrations.loyalty.sandbox.sql_ledger import is_named
from integrations.loyalty.sandbox.tables import Base, CardRow, CustomerRow, MergeRow, PhoneRow


class MemoryLedger:
    """`rules.Ledger` in memory."""

    def __init__(self) -> None:
        self.customers: dict[str, CustomerRow] = {}
        self.cards: dict[str, CardRow] = {}
        self.phones: dict[str, PhoneRow] = {}
        self.merges: dict[str, MergeRow] = {}

    async def card(self, number: str) -> CardRow | None:
        return self.cards.get(number)

    async def cards_of(self, customer_id: str) -> list[CardRow]:
        return sorted(
            (card for card in self.cards.values() if card.customer_id == customer_id), key=lambda card: card.number
        )

    async def customer(self, customer_id: str) -> CustomerRow | None:
        return self.customers.get(customer_id)

    async def phone(self, number: str) -> PhoneRow | None:
        return self.phones.get(number)

    async def count_phones(self, customer_id: str) -> int:
        return len(self.phones_of(customer_id))

    def phones_of(self, customer_id: str) -> list[str]:
        return sorted(phone.number for phone in self.phones.values() if phone.customer_id == customer_id)

    async def namesakes(self, first_name: str, last_name: str, birth_date: date) -> list[CustomerRow]:
        rows = self.customers.values()
        return [row for row in rows if row.birth_date == birth_date and is_named(row, first_name, last_name)]

    async def merge(self, key: str) -> MergeRow | None:
        return self.merges.get(key)

    async def add(self, row: Base) -> None:
        match row:
            case CustomerRow():
                self.customers[row.id] = row
            case CardRow():
                self.cards[row.number] = row
            case PhoneRow():
                self.phones[row.number] = row
            case MergeRow():
                self.merges[row.key] = row
