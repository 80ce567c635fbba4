"""The sandbox's database: people by phone or card, and filling it with the sample people."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection, Select, delete, event, inspect, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateTable

from integrations.loyalty.change_json import change_to_json
from integrations.loyalty.port import CardState, Change, Merge, MergePreview, Refused
from integrations.loyalty.sandbox.operation_wire import outcome_answer
from integrations.loyalty.sandbox.people import SampleCard, SamplePeople
from integrations.loyalty.sandbox.rules import Rules
from integrations.loyalty.sandbox.sql_ledger import SqlLedger
from integrations.loyalty.sandbox.tables import (
    Base,
    CardRow,
    CustomerRow,
    FillingRow,
    MergeRow,
    OperationRow,
    PhoneRow,
)
from integrations.sqlite_file import try_sqlite_file


class OperationKeyUsed(Exception):
    """The key of an operation came with another content than before."""


class SandboxStore:
    """People, phones and cards in SQLite or PostgreSQL. One process at a time may use a database."""

    def __init__(
        self,
        database_url: str,
        people: SamplePeople,
        today: Callable[[], date],
        now: Callable[[], datetime],
        undo_window: timedelta,
    ) -> None:
        self._people = people
        self._today = today
        self._now = now
        self._undo_window = undo_window
        self._engine = _engine(database_url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._writing = asyncio.Lock()  # one change at a time: it is a sandbox, and nothing can interleave

    async def prepare(self) -> bool:
        """Make and fill the tables where that was not done with these tables and people; return whether it was needed.

        Raises:
            OSError: the database is out of reach.
            sqlalchemy.exc.SQLAlchemyError: the database refuses.
        """
        await asyncio.to_thread(try_sqlite_file, self._engine.url)
        async with self._engine.begin() as connection:
            if await connection.run_sync(_fingerprint_in) == self._fingerprint:
                return False
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        await self.refill()
        return True

    async def refill(self) -> None:
        """Put the sample people back as they were, in one transaction."""
        async with self._writing, self._sessions.begin() as session:
            for table in (MergeRow, OperationRow, PhoneRow, CardRow, CustomerRow, FillingRow):
                await session.execute(delete(table))
            session.add_all(self._rows())

    async def customer_by_phone(self, phone: str) -> CustomerRow | None:
        """Find the person a phone leads to, with phones and cards loaded."""
        return await self._one(select(CustomerRow).join(CustomerRow.phones).where(PhoneRow.number == phone))

    async def customer_by_card(self, card_number: str, birth_date: date) -> CustomerRow | None:
        """Find the holder of a card if they were born that day, with phones and cards loaded.

        One query asks both, so that an unknown card and somebody else's cost the same work.
        """
        return await self._one(
            select(CustomerRow)
            .join(CustomerRow.cards)
            .where(CardRow.number == card_number, CustomerRow.birth_date == birth_date)
        )

    async def customer_by_id(self, customer_id: str) -> CustomerRow | None:
        """Find a person by their id, with phones and cards loaded."""
        return await self._one(select(CustomerRow).where(CustomerRow.id == customer_id))

    async def everybody(self) -> list[CustomerRow]:
        """List all people, with phones and cards loaded."""
        query = select(CustomerRow).order_by(CustomerRow.id)
        async with self._sessions() as session:
            loaded = query.options(selectinload(CustomerRow.phones), selectinload(CustomerRow.cards))
            return list(await session.scalars(loaded))

    async def preview(self, merge: Merge) -> MergePreview | Refused:
        """Tell what a merge would do."""
        async with self._sessions() as session:
            return await self._rules(session).preview(merge)

    async def carry_out(self, key: str, change: Change) -> str:
        """Make a change once, in one transaction with its answer; return the answer's JSON, the same each time.

        Raises:
            OperationKeyUsed: nothing was changed.
        """
        content = hashlib.sha256(change_to_json(change)).hexdigest()
        async with self._writing, self._sessions.begin() as session:
            if (known := await session.get(OperationRow, key)) is not None:
                if known.content_sha256 != content:
                    raise OperationKeyUsed
                return known.answer
            answer = outcome_answer(await self._rules(session).carry_out(key, change)).model_dump_json()
            session.add(OperationRow(key=key, content_sha256=content, answer=answer))
        return answer

    async def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError
        """
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Release connections."""
        await self._engine.dispose()

    async def _one(self, query: Select[CustomerRow]) -> CustomerRow | None:
        async with self._sessions() as session:
            return await session.scalar(
                query.options(selectinload(CustomerRow.phones), selectinload(CustomerRow.cards))
            )

    def _rules(self, session: AsyncSession) -> Rules:
        return Rules(SqlLedger(session), self._today(), self._now(), self._undo_window)

    def _rows(self) -> list[Base]:
        rows: list[Base] = [FillingRow(fingerprint=self._fingerprint)]
        for person in self._people.people:
            rows.append(
                CustomerRow(
                    id=person.id,
                    first_name=person.first_name,
                    patronymic=person.patronymic,
                    last_name=person.last_name,
                    birth_date=person.birth_date,
                    phones=[PhoneRow(number=phone) for phone in person.phones],
                    cards=[self._card_row(card) for card in person.cards],
                )
            )
        for number in self._people.cards_without_owner:
            rows.append(self._card_row(SampleCard(number=number, state=CardState.ISSUED)))
        return rows

    def _card_row(self, card: SampleCard) -> CardRow:
        expires_on = None
        if card.expires_in_days is not None:
            expires_on = self._today() + timedelta(days=card.expires_in_days)
        return CardRow(
            number=card.number,
            state=card.state,
            points=card.points,
            points_pending=card.pending,
            points_expiring=card.expiring,
            expires_on=expires_on,
        )

    @cached_property
    def _fingerprint(self) -> str:
        tables = [str(CreateTable(table)) for table in Base.metadata.sorted_tables]
        return hashlib.sha256("\n".join([*tables, self._people.model_dump_json()]).encode()).hexdigest()


def _engine(database_url: str) -> AsyncEngine:
    engine = create_async_engine(database_url, pool_pre_ping=True, hide_parameters=True)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def set_up_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
            cursor = connection.cursor()
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 5000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


def _fingerprint_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table(FillingRow.__tablename__):
        return None
    return connection.scalar(select(FillingRow.fingerprint))
