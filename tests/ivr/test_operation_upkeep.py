from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from integrations.loyalty.port import Done, Refusal, Refused
from integrations.operations.port import OperationLogError
from integrations.operations.schema import upgrade
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from integrations.settings import RetentionSettings
from ivr.observability.metrics import Metrics
from ivr.operation_upkeep import OperationUpkeep
from tests.integrations.operations.examples import SECRETS, operation

LIMIT_SECONDS = 10.0
NOW = datetime.now(UTC)


class Kept:
    """The upkeep over a real database, which is missing until its folder is made."""

    def __init__(self, folder: Path) -> None:
        self.database_folder = folder / "database"
        self.url = f"sqlite:///{self.database_folder / 'yulia.db'}"
        self.sql = SqlOperationLog(self.url)
        self.operations = SpooledOperationLog(self.sql, folder / "worker.spool")
        self.metrics = Metrics()
        self.upkeep = OperationUpkeep(self.metrics, self.operations, RetentionSettings(), self.url)
        self.running: asyncio.Task[None] | None = None

    def run(self) -> None:
        self.running = asyncio.create_task(self.upkeep.run())

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not reached():
                assert self.running is not None
                assert not self.running.done(), "the upkeep broke"
                await asyncio.sleep(0.005)

    def sample(self, name: str, **labels: str) -> float:
        value = self.metrics.registry.get_sample_value(name, labels)
        return -1.0 if value is None else value


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    monkeypatch.setattr("ivr.operation_upkeep.ROUND_SECONDS", 0.01)
    kept = Kept(tmp_path)
    yield kept
    if kept.running is not None:
        monkeypatch.setattr("ivr.operation_upkeep.ROUND_SECONDS", 60.0)
        await asyncio.sleep(0.2)  # so that nothing is cut off while SQLite works
        kept.running.cancel()
        await asyncio.gather(kept.running, return_exceptions=True)
    await kept.sql.close()
    kept.operations.close()


async def test_what_was_spooled_while_the_database_was_down_is_imported_once_it_is_there(kept: Kept) -> None:
    await kept.upkeep.open()
    assert not kept.upkeep.is_up
    await kept.operations.accept(operation())
    assert kept.upkeep.note == "1 in the spool"
    kept.run()
    await kept.until(lambda: kept.sample("yulia_operations_waiting") == 1)
    kept.database_folder.mkdir()
    await kept.until(lambda: kept.upkeep.is_up and not kept.upkeep.note)
    assert len(await kept.sql.of_call("call-1")) == 1


async def test_the_backlog_its_age_and_whom_to_call_back_are_on_the_gauges(kept: Kept) -> None:
    kept.database_folder.mkdir()
    await upgrade(kept.url)
    waiting, refused = operation(at=NOW - timedelta(minutes=5)), operation(at=NOW)
    for one in (waiting, refused):
        await kept.operations.accept(one)
    await kept.operations.settle(refused.key, Refused(Refusal.CARD_OF_ANOTHER), NOW)
    kept.run()
    await kept.until(lambda: kept.sample("yulia_operations_to_call_back") == 1)
    assert kept.sample("yulia_operations_waiting") == 1
    age_seconds = (datetime.now(UTC) - NOW).total_seconds() + 300
    assert age_seconds - 60 < kept.sample("yulia_operations_oldest_seconds") <= age_seconds
    await kept.operations.settle(waiting.key, Done("c-0001", ()), NOW)
    await kept.until(lambda: kept.sample("yulia_operations_waiting") == 0)
    assert kept.sample("yulia_operations_oldest_seconds") == 0


async def test_operations_settled_before_the_retention_are_deleted(kept: Kept) -> None:
    kept.database_folder.mkdir()
    await upgrade(kept.url)
    old, new = operation(), operation()
    for one, days in ((old, 366), (new, 364)):
        await kept.operations.accept(one)
        await kept.operations.settle(one.key, Done("c-0001", ()), NOW - timedelta(days=days))
    kept.run()
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(left := await kept.sql.latest()) > 1:
            await asyncio.sleep(0.005)
    assert [record.key for record in left] == [new.key]


@pytest.mark.parametrize("error", [OperationLogError("database down"), OSError("no space left on device")])
async def test_a_round_that_fails_is_counted_and_the_next_one_comes(
    kept: Kept, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.database_folder.mkdir()
    await kept.upkeep.open()
    assert kept.upkeep.is_up

    async def fail() -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(kept.operations, "backlog", fail)
        kept.run()
        await kept.until(lambda: kept.sample("yulia_errors_total", kind="operations") >= 2)
        assert not kept.upkeep.is_up
    await kept.until(lambda: kept.upkeep.is_up)


async def test_outcomes_are_counted_and_a_refusal_is_logged_without_numbers(kept: Kept) -> None:
    kept.database_folder.mkdir()
    await upgrade(kept.url)
    done, refused = operation(), operation()
    with capture_logs() as logs:
        for one, outcome in ((done, Done("c-0001", ())), (refused, Refused(Refusal.ALREADY_BLOCKED))):
            await kept.operations.accept(one)
            await kept.operations.settle(one.key, outcome, NOW)
            record = await kept.operations.load(one.key)
            assert record is not None
            kept.upkeep.settled(record)
    assert kept.sample("yulia_operations_total", kind="card_block", state="done") == 1
    assert kept.sample("yulia_operations_total", kind="card_block", state="refused") == 1
    assert [entry["reason"] for entry in logs if entry["event"] == "a change was refused"] == ["already_blocked"]
    assert not any(secret in str(logs) for secret in SECRETS)
