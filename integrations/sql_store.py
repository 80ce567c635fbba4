"""What adapters over SQLAlchemy share: one engine, bounded transactions, inserts that may meet a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from integrations.sql_database import open_engine


class SqlStore(ABC):
    """One worker's way to its tables, which are a migration's to make."""

    def __init__(self, url: str, *, limit_seconds: float = 2.0, connections: int = 5) -> None:
        """Take the database's address; connects at the first use.

        Raises:
            ValueError: not an address of SQLite or PostgreSQL.
        """
        self._limit_seconds = limit_seconds
        self._engine = open_engine(url, limit_seconds, connections)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._insert: Any = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @abstractmethod
    def _bounded(self) -> AbstractAsyncContextManager[None]:
        """Bound a transaction in time, and turn what goes wrong into the port's errors."""

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._bounded(), self._sessions.begin() as session:
            yield session


async def changed(session: AsyncSession, statement: Any) -> int:
    """Run a statement that changes rows; return how many it changed."""
    result: Any = await session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)
