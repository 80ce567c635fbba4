"""Operations that are accepted while the database is down: they wait in a local file, and are imported later."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from integrations.loyalty.change_json import summary_of
from integrations.loyalty.port import Outcome
from integrations.operations.port import (
    Backlog,
    Claim,
    Operation,
    OperationLog,
    OperationLogError,
    OperationRecord,
    OperationState,
)
from integrations.operations.spool_lines import LineGarbage, operation_from_line, operation_to_line
from integrations.spool import Spool, Verdict

_log = structlog.get_logger()


class SpooledOperationLog:
    """A wrapper of the log that accepts operations into a local file when the log cannot take them.

    They are sent after the import, since only then no two workers can send them. The file holds card numbers and is
    its owner's to read alone; lines leave it with the import. Lines that no log takes go to `*.rejected`.
    """

    def __init__(self, log: OperationLog, path: Path, *, limit_megabytes: float = 64.0) -> None:
        """Claim the spool file, one per worker, in a folder that exists.

        Raises:
            OSError: the folder cannot be written, or another worker uses this file.
        """
        self._inner = log
        self._spool = Spool(path, limit_megabytes)
        self._waiting: dict[str, Operation] = {}
        for line in self._spool.lines():
            with suppress(LineGarbage):  # the import tells of it
                operation = operation_from_line(line)
                self._waiting[operation.key] = operation
        self.rejected_operations = 0

    @property
    def waiting_operations(self) -> int:
        """Count the operations that wait in the spool."""
        return len(self._waiting)

    async def accept(self, operation: Operation) -> None:
        """Write an operation to the log, or else to the spool; it outlives a crash when this returns."""
        try:
            await self._inner.accept(operation)
        except OperationLogError as error:
            if not error.retryable:
                raise
            await self._keep(operation, str(error))

    async def claim(
        self, now: datetime, lease_seconds: float, limit: int = 10, key: str | None = None
    ) -> tuple[Claim, ...]:
        """Take what is due in the log."""
        return await self._inner.claim(now, lease_seconds, limit, key)

    async def postpone(self, claim: Claim, due_at: datetime, fault: str) -> None:
        """Give a claim back until later."""
        await self._inner.postpone(claim, due_at, fault)

    async def settle(self, key: str, outcome: Outcome, at: datetime) -> None:
        """Note how it went."""
        await self._inner.settle(key, outcome, at)

    async def give_up(self, key: str, reason: str, at: datetime) -> None:
        """Note that it can never be sent."""
        await self._inner.give_up(key, reason, at)

    async def note_told(self, key: str, at: datetime) -> None:
        """Note that the caller knows of the refusal."""
        await self._inner.note_told(key, at)

    async def load(self, key: str) -> OperationRecord | None:
        """Read one operation; what waits in the spool is accepted, and known while the log is out of reach."""
        operation = self._waiting.get(key)
        try:
            record = await self._inner.load(key)
        except OperationLogError:
            if operation is None:
                raise
            record = None
        return record or (None if operation is None else _record(operation))

    async def of_call(self, call_id: str) -> tuple[OperationRecord, ...]:
        """List the operations of a call, those in the spool included; these alone while the log is out of reach."""
        waiting = [_record(operation) for operation in self._waiting.values() if operation.call_id == call_id]
        try:
            logged = await self._inner.of_call(call_id)
        except OperationLogError:
            if not waiting:
                raise
            logged = ()
        records = {record.key: record for record in (*waiting, *logged)}
        return tuple(sorted(records.values(), key=lambda record: (record.accepted_at, record.key)))

    async def latest(self, limit: int = 20, *, to_call_back: bool = False) -> tuple[OperationRecord, ...]:
        """List the newest operations; what waits in the spool is not seen."""
        return await self._inner.latest(limit, to_call_back=to_call_back)

    async def backlog(self) -> Backlog:
        """Tell what is not settled, what waits in the spool included."""
        backlog = await self._inner.backlog()
        oldest = [operation.accepted_at for operation in self._waiting.values()]
        if backlog.oldest_accepted_at is not None:
            oldest.append(backlog.oldest_accepted_at)
        return replace(
            backlog,
            operations=backlog.operations + len(self._waiting),
            oldest_accepted_at=min(oldest, default=None),
        )

    async def delete_older_than(self, days: int, now: datetime) -> int:
        """Delete what was settled long ago, and the file of rejected lines when its newest is as old."""
        try:
            await self._spool.delete_rejects_older(now - timedelta(days=days))
        except OSError as error:
            _log.error("rejected operations cannot be deleted", reason=str(error))
        return await self._inner.delete_older_than(days, now)

    async def import_spool(self) -> int:
        """Write what waits to the log, in order, until it fails; return how many operations left the spool.

        May be called at any time, also again after a crash in the middle of it.

        Raises:
            OperationLogError: the spool itself cannot be read or written.
        """
        gone: list[str] = []
        try:
            left = await self._spool.empty(lambda line: self._import_line(line, gone))
        except OSError as error:
            raise OperationLogError(f"the spool cannot be imported: {error}") from error
        for key in gone:
            self._waiting.pop(key, None)
        if left:
            _log.info("operations imported", operations=left, waiting_operations=self.waiting_operations)
        return left

    def close(self) -> None:
        """Give the files up; the wrapped log is its owner's to close."""
        self._spool.close()

    async def _keep(self, operation: Operation, reason: str) -> None:
        waited_before = operation.key in self._waiting
        self._waiting[operation.key] = operation  # before the write: a hang-up in the midst of it does not stop it
        try:
            await asyncio.shield(self._spool.keep(operation_to_line(operation)))
        except OSError as error:
            if not waited_before:
                del self._waiting[operation.key]
            _log.error("operation not accepted: spool failed", key=operation.key, reason=str(error))
            raise OperationLogError(f"neither stored ({reason}) nor spooled: {error}") from error
        _log.warning("operation spooled", key=operation.key, kind=operation.change.kind, reason=reason)

    async def _import_line(self, line: bytes, gone: list[str]) -> Verdict:
        try:
            operation = operation_from_line(line)
        except LineGarbage as error:
            await self._set_aside(line, str(error))
            return Verdict.GONE
        try:
            await self._inner.accept(operation)
        except OperationLogError as error:
            if error.retryable:
                _log.warning("import of operations stopped", reason=str(error))
                return Verdict.STOPPED
            await self._set_aside(line, str(error))
        gone.append(operation.key)
        return Verdict.GONE

    async def _set_aside(self, line: bytes, reason: str) -> None:
        self.rejected_operations += 1
        _log.error("operation rejected", reason=reason, size_bytes=len(line), kept_in=self._spool.rejects_name)
        await self._spool.set_aside(line)  # a failure stops the import: the line stays where it is


def _record(operation: Operation) -> OperationRecord:
    return OperationRecord(
        key=operation.key,
        call_id=operation.call_id,
        kind=operation.change.kind,
        summary=summary_of(operation.change),
        state=OperationState.ACCEPTED,
        accepted_at=operation.accepted_at,
    )
