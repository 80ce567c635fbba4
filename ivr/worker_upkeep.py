"""What a worker does beside its calls: import spooled records, delete old ones, look after Redis, fill gauges."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from integrations.call_records.port import CallRecordError
from integrations.call_records.schema import upgrade
from integrations.call_records.spooled_records import SpooledCallRecords
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings
from ivr.audio.audiosocket import AudioSocketServer
from ivr.observability.metrics import Metrics
from tts.prompt_speech import TelephonePromptSpeech

log = structlog.get_logger()

ROUND_SECONDS = 5.0
ROUNDS_PER_CLEANING = 720  # an hour


class WorkerUpkeep:
    """A round every few seconds, for as long as `run` runs."""

    def __init__(
        self,
        metrics: Metrics,
        speech: TelephonePromptSpeech,
        records: SpooledCallRecords,
        audio: AudioSocketServer,
        retention: RetentionSettings,
        database_url: str,
        worker: str,
    ) -> None:
        self._metrics = metrics
        self._speech = speech
        self._records = records
        self._audio = audio
        self._retention = retention
        self._database_url = database_url
        self._worker = worker
        self._records_open = False
        self.redis_up = False

    async def open_records(self) -> None:
        """Bring the database up to date, import what waits for it, close what a dead worker left open.

        The line answers without its database too: then records wait in the spool and this is tried again.
        """
        try:
            await upgrade(self._database_url)
            await self._records.import_spool()
            stale = await self._records.close_stale(self._worker, datetime.now(UTC))
        except (CallRecordError, SQLAlchemyError, OSError) as error:
            self._metrics.errors.labels("call_records").inc()
            log.error("call records are out of reach", error=str(error))
            return
        self._records_open = True
        if stale:
            log.warning("calls of a dead worker closed", count=stale)

    async def run(self, link: RedisLink) -> None:
        """Go round until cancelled; a round that fails is logged and the next one comes."""
        rounds = 0
        while True:
            await self._look_at_redis(link)
            self._fill_gauges()
            if not self._records_open:
                await self.open_records()
            else:
                await self._keep_records(clean=rounds % ROUNDS_PER_CLEANING == 0)
            rounds += 1
            await asyncio.sleep(ROUND_SECONDS)

    async def _keep_records(self, *, clean: bool) -> None:
        try:
            if self._records.waiting_writes:
                await self._records.import_spool()
            if clean:
                await self._records.delete_older_than(self._retention.call_records_days, datetime.now(UTC))
        except (CallRecordError, OSError) as error:  # OSError: of the spool's disk
            self._metrics.errors.labels("call_records").inc()
            log.warning("call records are out of reach", error=str(error))

    async def _look_at_redis(self, link: RedisLink) -> None:
        was_up = self.redis_up
        try:
            await link.ping()
            self.redis_up = True
        except ConnectionError as error:
            self.redis_up = False
            if was_up:
                self._metrics.errors.labels("redis").inc()
                log.error("Redis does not answer", error=str(error))

    def _fill_gauges(self) -> None:
        counters = self._audio.counters
        self._metrics.audio_dropped.labels("caller").set(counters.caller_frames_dropped)
        self._metrics.audio_dropped.labels("yulia").set(counters.yulia_frames_dropped)
        self._metrics.call_records_waiting.set(self._records.waiting_writes)
        speech = self._speech.counters
        self._metrics.speech_sentences.labels("kept").set(speech.hits)
        self._metrics.speech_sentences.labels("spoken").set(speech.misses)
        self._metrics.speech_sentences.labels("failed").set(speech.failed_prompts)
