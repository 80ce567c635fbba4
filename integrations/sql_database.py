"""Opening the SQL database: addresses, limits, SQLite's durability, and foreign errors told apart."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from integrations.sqlite_file import try_before_each_connection

_SQLITE_CONNECTIONS = 2  # one that writes, one that reads: SQLite has one writer at a time
_JOURNAL_TRIES = 20
_JOURNAL_PAUSE_SECONDS = 0.05


def async_url(url: str) -> URL:
    """Read a database address; plain `sqlite:` and `postgresql:` mean the drivers that this project uses.

    Raises:
        ValueError: not an address, or of another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("the database address is not of the form sqlite:///FILE or postgresql://HOST/NAME") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+aiosqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres" | "postgresql+asyncpg":
            return parsed.set(drivername="postgresql+asyncpg")
        case other:
            raise ValueError(f"the database address is of {other}; this line stores in sqlite or postgresql")


def open_engine(url: str, limit_seconds: float, connections: int) -> AsyncEngine:
    """Make an engine that connects at the first statement and waits no longer than the limit for anything."""
    address = async_url(url)
    if address.drivername == "sqlite+aiosqlite":
        engine = create_async_engine(
            address,
            pool_size=_SQLITE_CONNECTIONS,
            max_overflow=0,
            pool_timeout=limit_seconds,
            hide_parameters=True,
            # Well below the limit, so that «database is locked» comes from SQLite and its connection lives on.
            connect_args={"timeout": 0.5 * limit_seconds},
        )
        try_before_each_connection(engine)
        event.listen(engine.sync_engine, "connect", _make_durable)
        return engine
    return create_async_engine(
        address,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=limit_seconds,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"timeout": limit_seconds, "command_timeout": limit_seconds},
    )


@asynccontextmanager
async def database_errors(
    limit_seconds: float, failed: Callable[[str], Exception], refused: Callable[[str], Exception]
) -> AsyncIterator[None]:
    """Bound what is done inside in time, and turn what goes wrong into a port's errors.

    `failed` is raised for what may work later, `refused` for values that can never be stored.
    """
    try:
        async with asyncio.timeout(limit_seconds):
            yield
    except (DataError, IntegrityError) as error:
        raise refused(_cause(error)) from None
    except DBAPIError as error:
        raise failed(_cause(error)) from None
    except StatementError as error:  # the values did not even reach the driver
        raise refused(_cause(error)) from None
    except TimeoutError as error:
        raise failed(f"the database did not answer within {limit_seconds:g} s") from error
    # A server that starts, stops or is away shows itself before SQLAlchemy's own errors come into play.
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise failed(f"{type(error).__name__}: {error}") from error


def _cause(error: StatementError) -> str:
    """Name the driver's complaint alone, without the statement."""
    return f"{type(error.orig).__name__}: {error.orig}"


def _make_durable(connection: Any, _record: object) -> None:
    connection.run_async(_set_durable)


async def _set_durable(connection: Any) -> None:
    for tries_left in reversed(range(_JOURNAL_TRIES)):
        try:
            await connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            # Two connections that switch a new file at once are refused without SQLite's own waiting.
            if not tries_left:
                raise
            await asyncio.sleep(_JOURNAL_PAUSE_SECONDS)
    await connection.execute("PRAGMA synchronous=FULL")
    await connection.execute("PRAGMA foreign_keys=ON")
