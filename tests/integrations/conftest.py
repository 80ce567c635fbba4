from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

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
