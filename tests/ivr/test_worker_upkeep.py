from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from integrations.call_records.port import CallOutcome, CallRecordError
from integrations.call_records.schema import upgrade
from integrations.call_records.spooled_records import SpooledCallRecords
from integrations.call_records.sql_records import SqlCallRecords
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings
from ivr.audio.audiosocket import AudioSocketServer
from ivr.audio.clock import FrameClock
from ivr.audio.settings import AudioSettings
from ivr.observability.metrics import Metrics
from ivr.worker_upkeep import WorkerUpkeep
from tests.integrations.call_records.examples import end, start
from tts.prompt_speech import SpeechCounters

LIMIT_SECONDS = 10.0


class Link:
    """A Redis that answers or not; `pinged` counts the rounds."""

    def __init__(self) -> None:
        self.down = False
        self.pinged = asyncio.Semaphore(0)

    async def ping(self) -> None:
        self.pinged.release()
        if self.down:
            raise ConnectionError("refused")

    def forget(self) -> None:
        """Count the rounds anew."""
        self.pinged = asyncio.Semaphore(0)

    async def rounds(self, count: int) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            for _ in range(count):
                await self.pinged.acquire()


class Kept:
    """A worker's upkeep over a real database, which is missing until its folder is made."""

    def __init__(self, folder: Path) -> None:
        self.database_folder = folder / "database"
        self.url = f"sqlite:///{self.database_folder / 'calls.db'}"
        self.sql = SqlCallRecords(self.url)
        self.records = SpooledCallRecords(self.sql, folder / "worker.spool")
        self.metrics = Metrics()
        self.speech = SimpleNamespace(counters=SpeechCounters(failed_prompts=2, memory_hits=5))
        self.audio = AudioSocketServer(AudioSettings(port=0), FrameClock())
        self.link = Link()
        self.upkeep = WorkerUpkeep(
            self.metrics, cast(Any, self.speech), self.records, self.audio, RetentionSettings(), self.url, "worker-1"
        )
        self.running: asyncio.Task[None] | None = None

    def run(self) -> None:
        self.running = asyncio.create_task(self.upkeep.run(cast(RedisLink, self.link)))

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not reached():
                assert self.running is not None
                assert not self.running.done(), "the upkeep broke"
                await asyncio.sleep(0)

    def sample(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    monkeypatch.setattr("ivr.worker_upkeep.ROUND_SECONDS", 0.01)
    kept = Kept(tmp_path)
    yield kept
    if kept.running is not None:
        kept.database_folder.mkdir(exist_ok=True)
        kept.link.forget()
        await kept.link.rounds(4)  # by then it is open, and nothing is cut off while SQLite works
        kept.running.cancel()
        await asyncio.gather(kept.running, return_exceptions=True)
    await kept.sql.close()
    kept.records.close()


async def test_a_database_that_is_down_at_the_start_is_tried_again_and_gets_what_waits(kept: Kept) -> None:
    await kept.upkeep.open_records()
    assert kept.sample("yulia_errors_total", kind="call_records") == 1
    await kept.records.open(start())
    await kept.records.close_call("call-1", end())
    assert kept.records.waiting_writes == 2
    kept.run()
    await kept.link.rounds(2)
    kept.database_folder.mkdir()
    await kept.until(lambda: kept.records.waiting_writes == 0)
    stored = await kept.sql.load("call-1")
    assert stored is not None
    assert stored.end is not None
    assert stored.end.outcome is CallOutcome.CONTAINED


async def test_calls_that_the_worker_left_open_when_it_died_are_closed(kept: Kept) -> None:
    kept.database_folder.mkdir()
    await upgrade(kept.url)
    await kept.sql.open(start("mine"))
    await kept.sql.open(start("anothers", worker="worker-2"))
    with capture_logs() as logs:
        await kept.upkeep.open_records()
    mine, anothers = await kept.sql.load("mine"), await kept.sql.load("anothers")
    assert mine is not None and mine.end is not None
    assert mine.end.outcome is CallOutcome.DROPPED
    assert anothers is not None and anothers.end is None
    assert [entry.get("count") for entry in logs if entry["event"] == "calls of a dead worker closed"] == [1]


async def test_the_real_end_in_the_spool_wins_over_the_death(kept: Kept) -> None:
    kept.database_folder.mkdir()
    await upgrade(kept.url)
    await kept.sql.open(start())
    await kept.sql.close()
    kept.database_folder.rename(kept.database_folder.with_name("away"))
    await kept.records.close_call("call-1", end())
    kept.database_folder.with_name("away").rename(kept.database_folder)
    await kept.upkeep.open_records()
    stored = await kept.sql.load("call-1")
    assert stored is not None and stored.end is not None
    assert stored.end.outcome is CallOutcome.CONTAINED


async def test_records_older_than_the_retention_are_deleted(kept: Kept) -> None:
    kept.database_folder.mkdir()
    await upgrade(kept.url)
    now = datetime.now(UTC)
    await kept.sql.open(start("old", worker="worker-2", began_at=now - timedelta(days=91)))
    await kept.sql.open(start("new", worker="worker-2", began_at=now - timedelta(days=89)))
    await kept.upkeep.open_records()
    kept.run()
    await kept.link.rounds(3)
    assert [record.start.call_id for record in await kept.sql.latest()] == ["new"]


@pytest.mark.parametrize("error", [CallRecordError("database down"), OSError("no space left on device")])
async def test_a_round_that_fails_is_counted_and_the_next_one_comes(
    kept: Kept, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.database_folder.mkdir()
    await kept.upkeep.open_records()

    async def fail(days: int, now: datetime) -> int:
        raise error

    monkeypatch.setattr(kept.records, "delete_older_than", fail)
    kept.run()
    await kept.link.rounds(3)
    assert kept.running is not None
    assert not kept.running.done()
    assert kept.sample("yulia_errors_total", kind="call_records") == 1


async def test_redis_is_looked_at_and_its_loss_is_told_once(kept: Kept) -> None:
    assert not kept.upkeep.redis_up
    kept.run()
    await kept.until(lambda: kept.upkeep.redis_up)
    kept.link.down = True
    await kept.until(lambda: not kept.upkeep.redis_up)
    await kept.link.rounds(3)
    assert kept.sample("yulia_errors_total", kind="redis") == 1
    kept.link.down = False
    await kept.until(lambda: kept.upkeep.redis_up)


async def test_what_was_dropped_spoken_and_spooled_is_on_the_gauges(kept: Kept) -> None:
    kept.audio.counters.caller_frames_dropped = 3
    kept.audio.counters.yulia_frames_dropped = 4
    await kept.records.open(start())
    kept.run()
    await kept.link.rounds(2)
    assert kept.sample("yulia_audio_frames_dropped", direction="caller") == 3
    assert kept.sample("yulia_audio_frames_dropped", direction="yulia") == 4
    assert kept.sample("yulia_speech_sentences", source="kept") == 5
    assert kept.sample("yulia_speech_sentences", source="failed") == 2
    assert kept.sample("yulia_call_records_waiting") == 1
