from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.operations.schema import upgrade
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.conftest import PATIENT_SECONDS


@pytest.fixture
async def sql_log(database_url: str) -> AsyncIterator[SqlOperationLog]:
    """A log over each kind of database."""
    await upgrade(database_url)
    log = SqlOperationLog(database_url, limit_seconds=PATIENT_SECONDS)
    yield log
    await log.close()


@pytest.fixture
async def sqlite_log(sqlite_url: str) -> AsyncIterator[SqlOperationLog]:
    """A log over SQLite, with a short limit."""
    await upgrade(sqlite_url)
    log = SqlOperationLog(sqlite_url, limit_seconds=2.0)
    yield log
    await log.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a spool may be."""
    return tmp_path / "spool.jsonl"
