from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from integrations.call_records.schema import upgrade
from integrations.call_records.sql_records import SqlCallRecords
from tests.integrations.call_records.fake import FakeCallRecords
from tests.integrations.conftest import PATIENT_SECONDS


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/yulia.db"


@pytest.fixture
def postgres_database_url(postgres_url: str) -> str:
    """The address of an empty database of this test alone."""
    # A role with a schema of its own sees nothing else, and is made faster than a database.
    name, password = f"test_{secrets.token_hex(8)}", secrets.token_hex(8)

    async def create() -> None:
        engine = create_async_engine(postgres_url)
        async with engine.begin() as connection:
            await connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'"))
            await connection.execute(text(f"CREATE SCHEMA {name} AUTHORIZATION {name}"))
            await connection.execute(text(f"ALTER ROLE {name} SET search_path = {name}"))
        await engine.dispose()

    # In a thread of its own, since fixtures that ask for this one by name already run in a loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, create()).result()
    return make_url(postgres_url).set(username=name, password=password).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database_url")
    return url


@pytest.fixture
async def sql_records(database_url: str) -> AsyncIterator[SqlCallRecords]:
    """Call records over each kind of database."""
    await upgrade(database_url)
    records = SqlCallRecords(database_url, limit_seconds=PATIENT_SECONDS)
    yield records
    await records.close()


@pytest.fixture
async def sqlite_records(sqlite_url: str) -> AsyncIterator[SqlCallRecords]:
    """Call records over SQLite, with a short limit."""
    await upgrade(sqlite_url)
    records = SqlCallRecords(sqlite_url, limit_seconds=2.0)
    yield records
    await records.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a spool may be."""
    return tmp_path / "spool.jsonl"


@pytest.fixture
def database() -> FakeCallRecords:
    """A database below the spool that goes down and up at a word."""
    return FakeCallRecords()
