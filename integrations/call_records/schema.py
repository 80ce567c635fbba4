"""Bringing the tables of call records up to date."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from integrations.call_records.database import port_errors
from integrations.call_records.port import CallRecordError
from integrations.sql_migrations import Migrations

# A version table of its own, so that other packages keep theirs in the same database by migrations of their own.
VERSION_TABLE = "call_records_version"
MIGRATIONS = Migrations(Path(__file__).parent / "migrations", VERSION_TABLE)


async def upgrade(url: str, *, limit_seconds: float = 60.0) -> None:
    """Create or migrate the tables of call records; quick when up to date, safe when several start at once.

    Raises:
        CallRecordError: out of reach, or of a version that this program does not know.
    """
    try:
        await MIGRATIONS.upgrade(url, limit_seconds, port_errors)
    except CommandError as error:
        raise CallRecordError(f"call records cannot be migrated: {error}") from error


def alembic_config(connection: Connection) -> Config:
    """Point alembic at our migrations and at an open connection."""
    return MIGRATIONS.alembic_config(connection)
