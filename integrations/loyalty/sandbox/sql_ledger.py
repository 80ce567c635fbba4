"""The rows of the sandbox's database, as its rules see them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from integrations.loyalty.sandbox.tables import Base, CardRow, CustomerRow, MergeRow, PhoneRow


class SqlLedger:
    """`rules.Ledger` over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def card(self, number: str) -> CardRow | None:
        """Find a card."""
        return await self._session.get(CardRow, number)

    async def cards_of(self, customer_id: str) -> list[CardRow]:
        """List a customer's cards in order of their numbers."""
        query = select(CardRow).where(CardRow.customer_id == customer_id).order_by(CardRow.number)
        return list(await self._session.scalars(query))

    async def customer(self, customer_id: str) -> CustomerRow | None:
        """Find a customer."""
        return await self._session.get(CustomerRow, customer_id)

    async def phone(self, number: str) -> PhoneRow | None:
        """Find whom a phone leads to."""
        return await self._session.get(PhoneRow, number)

    async def count_phones(self, customer_id: str) -> int:
        """Count a customer's phones."""
        query = select(func.count()).select_from(PhoneRow).where(PhoneRow.customer_id == customer_id)
        return await self._session.scalar(query) or 0

    async def namesakes(self, first_name: str, last_name: str, birth_date: date) -> list[CustomerRow]:
        """Find customers of this name who were born that day."""
        born = await self._session.scalars(select(CustomerRow).where(CustomerRow.birth_date == birth_date))
        return [row for row in born if is_named(row, first_name, last_name)]

    async def merge(self, key: str) -> MergeRow | None:
        """Find a merge that was carried out."""
        return await self._session.get(MergeRow, key)

    async def add(self, row: Base) -> None:
        """Keep a new row."""
        self._session.add(row)
        await self._session.flush()


def is_named(row: CustomerRow, first_name: str, last_name: str) -> bool:
    """Compare names without regard to case and «ё», which databases do not do alike."""
    return _plain(row.first_name) == _plain(first_name) and _plain(row.last_name or "") == _plain(last_name)


def _plain(name: str) -> str:
    return name.casefold().replace("ё", "е").strip()
