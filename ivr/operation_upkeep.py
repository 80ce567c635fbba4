"""What a worker does for operations beside sending them: open their log, import its spool, delete, fill gauges."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from integrations.operations.port import OperationLogError, OperationRecord, OperationState
from integrations.operations.schema import upgrade
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.settings import RetentionSettings
from ivr.observability.metrics import Metrics

log = structlog.get_logger()

ROUND_SECONDS = 5.0
ROUNDS_PER_CLEANING = 720  # an hour


class OperationUpkeep:
    """A round every few seconds, for as long as `run` runs. Without the database, operations wait in the spool."""

    def __init__(
        self, metrics: Metrics, operations: SpooledOperationLog, retention: RetentionSettings, database_url: str
    ) -> None:
        self._metrics = metrics
        self._operations = operations
        self._retention = retention
        self._database_url = database_url
        self._is_open = False
        self.is_up = False

    @property
    def note(self) -> str:
        """Say what waits for the database."""
        waiting = self._operations.waiting_operations
        return f"{waiting} in the spool" if waiting else ""

    async def open(self) -> None:
        """Bring the database up to date and import what waits for it; when it is down, this is tried again."""
        try:
            await upgrade(self._database_url)
            await self._operations.import_spool()
        except (OperationLogError, SQLAlchemyError, OSError) as error:
            self._failed(error)
            return
        self._is_open = self.is_up = True

    async def run(self) -> None:
        """Go round until cancelled; a round that fails is logged and the next one comes."""
        rounds = 0
        while True:
            if not self._is_open:
                await self.open()
            if self._is_open:
                await self._keep(clean=rounds % ROUNDS_PER_CLEANING == 0)
            rounds += 1
            await asyncio.sleep(ROUND_SECONDS)

    def settled(self, record: OperationRecord) -> None:
        """Take note of an outcome; of refusals, staff learns by `yulia operations list --refused`."""
        self._metrics.operations.labels(record.kind, record.state.value).inc()
        if record.state is OperationState.REFUSED:
            log.warning("a change was refused", call_id=record.call_id, kind=record.kind, reason=record.reason)

    async def _keep(self, *, clean: bool) -> None:
        try:
            if self._operations.waiting_operations:
                await self._operations.import_spool()
            if clean:
                await self._operations.delete_older_than(self._retention.operations_days, datetime.now(UTC))
            backlog = await self._operations.backlog()
        except (OperationLogError, OSError) as error:  # OSError: of the spool's disk
            self._failed(error)
            return
        self.is_up = True
        oldest = backlog.oldest_accepted_at
        self._metrics.operations_waiting.set(backlog.operations)
        self._metrics.operations_oldest_seconds.set(
            0.0 if oldest is None else (datetime.now(UTC) - oldest).total_seconds()
        )
        self._metrics.operations_to_call_back.set(backlog.to_call_back)

    def _failed(self, error: Exception) -> None:
        self.is_up = False
        self._metrics.errors.labels("operations").inc()
        self._metrics.operations_waiting.set(self._operations.waiting_operations)  # at least these
        log.error("the log of operations is out of reach", error=str(error))
