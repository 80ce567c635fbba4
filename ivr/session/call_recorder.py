"""The durable record of one call: opened when it begins, completed however it ends; and its summary line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

import structlog

from dialogs.engine.vocabulary import HandOff, HangUp
from integrations.call_context.port import CallContext
from integrations.call_records.port import CallEnd, CallOutcome, CallRecordError, CallRecords, CallStart
from integrations.loyalty.phone_numbers import mask_digits
from ivr.agi.channel import AgiRequest
from ivr.observability.metrics import Metrics
from ivr.session.journal import CallJournal

log = structlog.get_logger()


class CallRecorder:
    """Writes one call's record; a database that is down is logged and counted, and the call goes on."""

    def __init__(
        self,
        records: CallRecords,
        metrics: Metrics,
        *,
        call_id: str,
        caller_number: str | None,
        worker: str,
        limit_seconds: float,
    ) -> None:
        self._records = records
        self._metrics = metrics
        self._call_id = call_id
        self._caller = mask_digits(caller_number) if caller_number is not None else None
        self._worker = worker
        self._limit_seconds = limit_seconds
        self.started_at = datetime.now(UTC)

    async def open(self, request: AgiRequest, bundle_hash: str) -> None:
        """Write that the call began."""
        start = CallStart(
            call_id=self._call_id,
            channel=request.channel,
            caller_number=self._caller,
            dialled_number=request.dialled_number,
            bundle=bundle_hash,
            worker=self._worker,
            started_at=self.started_at,
        )
        await self._write(self._records.open(start))

    async def close(
        self,
        opening: asyncio.Task[None],
        outcome: CallOutcome,
        ending: HandOff | HangUp | None,
        context: CallContext,
        journal: CallJournal,
    ) -> None:
        """Write how the call ended, once its opening is written; no longer than the limit."""
        end = CallEnd(
            outcome=outcome,
            reason=ending.reason if ending is not None else None,
            topic=context.topic,
            queue=context.queue,
            customer_id=context.customer_id,
            ended_at=datetime.now(UTC),
            turns=tuple(journal.turns),
        )
        try:
            async with asyncio.timeout(self._limit_seconds):
                await asyncio.gather(opening, return_exceptions=True)
                await self._write(self._records.close_call(self._call_id, end))
        except TimeoutError:
            self._not_written("too slow")
        seconds = (end.ended_at - self.started_at).total_seconds()
        self._metrics.calls.labels(outcome.value).inc()
        self._metrics.call_seconds.observe(seconds)
        log.info(
            "call ended",
            outcome=outcome.value,
            reason=end.reason,
            topic=end.topic,
            queue=end.queue,
            seconds=round(seconds, 1),
            turns=len(end.turns),
            turns_dropped=journal.dropped,
            caller=self._caller,
        )

    async def _write(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except CallRecordError as error:
            self._not_written(str(error))

    def _not_written(self, reason: str) -> None:
        self._metrics.errors.labels("call_records").inc()
        log.error("call record not written", error=reason)
