from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.call_records.schema import upgrade
from integrations.call_records.sql_records import SqlCallRecords
from tests.integrations.call_records.fake import FakeCallRecords
from tests.integrations.conftest import PATIENT_SECONDS


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
