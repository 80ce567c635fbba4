from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integrations.loyalty.postgres_server import PostgresServer, find_programs
from tests.integrations.loyalty.sandbox_under_test import SandboxUnderTest, sandbox_under_test


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """An SQLite file of this test alone."""
    return f"sqlite+aiosqlite:///{tmp_path}/sandbox.db"


@pytest.fixture
async def sandbox(database_url: str) -> AsyncIterator[SandboxUnderTest]:
    """A sandbox of this test alone."""
    async with sandbox_under_test(database_url) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    if (programs := find_programs()) is None:
        pytest.fail("no PostgreSQL on this machine: run scripts/setup.sh --with-tests")
    with tempfile.TemporaryDirectory(prefix="yulia-postgres-") as folder:
        server = PostgresServer(programs, Path(folder))
        try:
            server.start()
            yield server.url
        finally:
            server.stop()
