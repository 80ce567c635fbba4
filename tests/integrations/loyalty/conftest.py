from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.loyalty.port import LoyaltyGarbage, LoyaltySystem, LoyaltyTimeout, LoyaltyUnavailable
from integrations.loyalty.sandbox.in_process import Health, InProcessLoyalty
from tests.integrations.loyalty.fake import NOON, FakeLoyaltySystem
from tests.integrations.loyalty.postgres_server import PostgresServer, find_programs
from tests.integrations.loyalty.sandbox_under_test import PATIENT, TODAY, SandboxUnderTest, sandbox_under_test


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


@dataclass(frozen=True, slots=True)
class Subject:
    """A loyalty system under the contract, and ways to make it ill."""

    loyalty: LoyaltySystem
    impatient: LoyaltySystem  # the same with a short limit
    fall_ill: Callable[[str], Awaitable[None]]  # with a mode of the sandbox; "ok" heals
    let_pass: Callable[[timedelta], None]


@pytest.fixture(params=["fake", "in_process", "http_sqlite", "http_postgresql"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "fake":
        yield _fake_subject()
        return
    if request.param == "in_process":
        async with _in_process_subject() as made:
            yield made
        return
    url = request.getfixturevalue("database_url" if request.param == "http_sqlite" else "postgres_url")
    now = NOON

    def let_pass(time: timedelta) -> None:
        nonlocal now
        now += time

    async with sandbox_under_test(url, now=lambda: now) as sandbox:
        await sandbox.ask("POST", "/sandbox/reset")  # PostgreSQL's database is that of the whole run
        client = sandbox.client()
        short = {"limit_seconds": 0.3, "change_limit_seconds": 0.3}
        impatient = sandbox.client(PATIENT.model_copy(update=short))
        try:
            yield Subject(client, impatient, lambda mode: sandbox.switch(mode=mode), let_pass)
        finally:
            await client.close()
            await impatient.close()


@pytest.fixture
def loyalty(subject: Subject) -> LoyaltySystem:
    return subject.loyalty


@asynccontextmanager
async def _in_process_subject() -> AsyncIterator[Subject]:
    now = NOON
    loyalty = InProcessLoyalty(lambda: now)
    await loyalty.open()

    async def fall_ill(mode: str) -> None:
        healths = {"ok": Health.UP, "hang": Health.SLOW, "lost": Health.SLOW, "wrong": Health.GARBAGE}
        loyalty.health = healths.get(mode, Health.DOWN)

    def let_pass(time: timedelta) -> None:
        nonlocal now
        now += time

    try:
        yield Subject(loyalty, loyalty, fall_ill, let_pass)
    finally:
        await loyalty.close()


def _fake_subject() -> Subject:
    fake = FakeLoyaltySystem.with_sample_people(TODAY)

    async def fail(mode: str) -> None:
        errors = {
            "down": LoyaltyUnavailable(),
            "error": LoyaltyUnavailable(),
            "reset": LoyaltyUnavailable(),
            "hang": LoyaltyTimeout(),
            "wrong": LoyaltyGarbage(),
        }
        fake.fails_with = errors.get(mode)
        fake.loses_answers = LoyaltyUnavailable() if mode == "lost" else None

    def let_pass(time: timedelta) -> None:
        fake.now += time

    return Subject(fake, fake, fail, let_pass)
