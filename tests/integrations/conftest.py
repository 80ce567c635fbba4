from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integrations.redis_link import RedisLink
from integrations.settings import RedisSettings
from tests.integrations.loyalty.postgres_server import PostgresServer, find_programs
from tests.integrations.redis_server import RedisServer

# Against a healthy server on a busy test machine; tests of the limit itself set a short one.
PATIENT_SECONDS = 10.0


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One healthy Redis for the whole run; do not freeze or kill this one."""
    with tempfile.TemporaryDirectory(prefix="yulia-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def own_redis_server() -> Iterator[RedisServer]:
    """A Redis of this test alone, to be frozen, killed and started again."""
    with tempfile.TemporaryDirectory(prefix="yulia-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
async def redis_link(redis_server: RedisServer) -> AsyncIterator[RedisLink]:
    """A link with keys of this test alone."""
    settings = RedisSettings(
        url=redis_server.url, limit_seconds=PATIENT_SECONDS, key_prefix=f"test-{secrets.token_hex(8)}:"
    )
    async with RedisLink(settings) as link:
        yield link


@pytest.fixture
async def own_redis_link(own_redis_server: RedisServer) -> AsyncIterator[RedisLink]:
    """A link to the Redis that this test may break; its limit outlasts a busy machine, not a frozen server."""
    async with RedisLink(RedisSettings(url=own_redis_server.url, limit_seconds=2.0)) as link:
        yield link


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One real PostgreSQL for the whole run; each test makes a database of its own in it."""
    programs = find_programs()
    if programs is None:
        pytest.fail("these tests need a real PostgreSQL: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="yulia-postgres-") as folder:
        server = PostgresServer(programs, Path(folder))
        try:
            server.start()
            yield server.url
        finally:
            server.stop()
