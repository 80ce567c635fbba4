"""Bringing the table of operations up to date."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from alembic.util import CommandError

from integrations.operations.port import OperationLogError, OperationNotStorable
from integrations.sql_database import database_errors
from integrations.sql_migrations import Migrations

VERSION_TABLE = "operations_version"
MIGRATIONS = Migrations(Path(__file__).parent / "migrations", VERSION_TABLE)


def port_errors(limit_seconds: float) -> AbstractAsyncContextManager[None]:
    """Bound what is done inside in time, and turn what goes wrong into the port's errors.

    Raises:
        OperationLogError, OperationNotStorable
    """
    return database_errors(limit_seconds, OperationLogError, OperationNotStorable)


async def upgrade(url: str, *, limit_seconds: float = 60.0) -> None:
    """Create or migrate the table of operations; quick when up to date, safe when several start at once.

    Raises:
        OperationLogError: out of reach, or of a version that this program does not know.
    """
    try:
        await MIGRATIONS.upgrade(url, limit_seconds, port_errors)
    except CommandError as error:
        raise OperationLogError(f"operations cannot be migrated: {error}") from error
