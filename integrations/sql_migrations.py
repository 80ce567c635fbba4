"""Bringing tables up to date: one package's migrations, beside those of others in the same database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.sql_database import open_engine

_LOCK_KEY = 0x79756C6961  # "yulia": PostgreSQL's advisory lock of whoever migrates


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of alembic migrations, and the table that tells how far they have come."""

    folder: Path
    version_table: str

    async def upgrade(
        self, url: str, limit_seconds: float, port_errors: Callable[[float], AbstractAsyncContextManager[None]]
    ) -> None:
        """Create or migrate the tables; quick when up to date, safe when several start at once.

        Raises:
            alembic.util.CommandError: a version that this program does not know.
            Whatever `port_errors` makes of a database out of reach.
        """
        engine = open_engine(url, limit_seconds, connections=1)
        if engine.dialect.name == "sqlite":
            _begin_with_the_write_lock(engine)
        try:
            async with port_errors(limit_seconds), engine.begin() as connection:
                await connection.run_sync(self._upgrade)
        finally:
            await engine.dispose()

    def alembic_config(self, connection: Connection) -> Config:
        """Point alembic at the migrations and at an open connection."""
        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        return config

    def _upgrade(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        config = self.alembic_config(connection)
        if self._version(connection) != ScriptDirectory.from_config(config).get_current_head():
            command.upgrade(config, "head")

    def _version(self, connection: Connection) -> str | None:
        if not inspect(connection).has_table(self.version_table):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {self.version_table}"))
        return found


def run_migrations(metadata: MetaData, version_table: str) -> None:
    """Do what alembic wants of `env.py`, over the connection that `Migrations` opened."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=version_table,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _begin_with_the_write_lock(engine: AsyncEngine) -> None:
    """Make SQLite's transactions begin at once and hold its one write lock: its driver would begin too late."""

    def leave_beginning_to_us(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", leave_beginning_to_us)
    event.listen(engine.sync_engine, "begin", begin)
