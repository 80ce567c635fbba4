"""Bringing the database's tables up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.call_records.database import open_engine, port_errors
from integrations.call_records.port import CallRecordError

MIGRATIONS = Path(__file__).parent / "migrations"
# Its own, so that another package can keep its tables in the same database by migrations of its own.
VERSION_TABLE = "call_records_version"

_LOCK_KEY = 0x79756C6961  # "yulia": PostgreSQL's advisory lock of whoever migrates


async def upgrade(url: str, *, limit_seconds: float = 60.0) -> None:
    """Create or migrate the tables of call records; quick when up to date, safe when several start at once.

    Raises:
        CallRecordError: out of reach, or of a version that this program does not know.
    """
    engine = open_engine(url, limit_seconds, connections=1)
    if engine.dialect.name == "sqlite":
        _begin_with_the_write_lock(engine)
    try:
        async with port_errors(limit_seconds), engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except CommandError as error:
        raise CallRecordError(f"call records cannot be migrated: {error}") from error
    finally:
        await engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Point alembic at our migrations and at an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    config = alembic_config(connection)
    if _version(connection) != ScriptDirectory.from_config(config).get_current_head():
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return found


def _begin_with_the_write_lock(engine: AsyncEngine) -> None:
    """Make SQLite's transactions begin at once and hold its one write lock: its driver would begin too late."""

    def leave_beginning_to_us(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", leave_beginning_to_us)
    event.listen(engine.sync_engine, "begin", begin)
