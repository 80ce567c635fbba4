"""Call records that outlive a database that is down: what cannot be written now waits in a local file."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from integrations.call_records.port import (
    CallEnd,
    CallRecord,
    CallRecordError,
    CallRecords,
    CallStart,
    CallUnknown,
)
from integrations.call_records.spool_lines import (
    AgentConnected,
    Closed,
    Opened,
    RecordWrite,
    SpoolLineGarbage,
    carry_out,
    carry_out_late,
    line_from_json,
    line_to_json,
)
from integrations.spool import Spool, Verdict

_log = structlog.get_logger()

# A write to a call that the database does not know waits so long for the beginning, in another worker's spool.
_UNKNOWN_LIMIT = timedelta(hours=24)


class SpooledCallRecords:
    """A wrapper of the call-record port that keeps failed writes in a local file and carries them out later.

    Writes of one call keep their order: while one of them waits, those that follow wait too. Lines that can never be
    carried out go to a file beside the spool, `*.rejected`. Reading passes through.
    """

    def __init__(self, records: CallRecords, path: Path, *, limit_megabytes: float = 64.0) -> None:
        """Claim the spool file, one per worker, in a folder that exists.

        Raises:
            OSError: the folder cannot be written, or another worker uses this file.
        """
        self._records = records
        self._spool = Spool(path, limit_megabytes)
        self._waiting: Counter[str] = Counter()  # lines in the spool by call id
        for line in self._spool.lines():
            try:
                self._waiting[line_from_json(line).write.call_id] += 1
            except SpoolLineGarbage:
                continue  # the import tells of it
        self.spooled_writes = 0
        self.imported_writes = 0
        self.rejected_writes = 0

    @property
    def waiting_writes(self) -> int:
        """Count the writes that wait in the spool."""
        return self._waiting.total()

    async def open(self, start: CallStart) -> None:
        """Insert the row of a call that begins, or spool it."""
        await self._write(Opened(start))

    async def close_call(self, call_id: str, end: CallEnd) -> None:
        """Complete the row and write its turns, or spool it."""
        await self._write(Closed(call_id, end))

    async def agent_connected(self, call_id: str, agent: str, at: datetime) -> None:
        """Note which agent took the call, or spool it."""
        await self._write(AgentConnected(call_id, agent, at))

    async def load(self, call_id: str) -> CallRecord | None:
        """Read one call; what waits in the spool is not seen."""
        return await self._records.load(call_id)

    async def latest(self, limit: int = 20) -> tuple[CallRecord, ...]:
        """Read the newest calls, newest first; what waits in the spool is not seen."""
        return await self._records.latest(limit)

    async def close_stale(self, worker: str, ended_at: datetime) -> int:
        """Close calls that a dead worker left in progress. Import the spool first: it may hold their real ends."""
        return await self._records.close_stale(worker, ended_at)

    async def delete_older_than(self, days: int, now: datetime) -> int:
        """Delete old calls, and the file of rejected writes when its newest is as old."""
        try:
            await self._spool.delete_rejects_older(now - timedelta(days=days))
        except OSError as error:
            _log.error("rejected call records cannot be deleted", reason=str(error))
        return await self._records.delete_older_than(days, now)

    async def import_spool(self) -> int:
        """Carry out what waits, in order, until the database fails; return how many writes left the spool.

        May be called at any time, also when there is nothing to do, and again after a crash in the middle of it.

        Raises:
            CallRecordError: the spool itself cannot be read or written.
        """
        done: list[str] = []
        held_calls: set[str] = set()
        try:
            left = await self._spool.empty(lambda line: self._carry_out_line(line, done, held_calls))
        except OSError as error:
            raise CallRecordError(f"the spool cannot be imported: {error}") from error
        for call_id in done:
            self._forget(call_id)
        if left:
            _log.info("spool imported", writes=left, waiting_writes=self.waiting_writes)
        return left

    def close(self) -> None:
        """Give the files up; the wrapped records are their owner's to close."""
        self._spool.close()

    async def _write(self, write: RecordWrite) -> None:
        if self._waiting[write.call_id] > 0:
            await self._keep(write, "an earlier write of this call waits")
            return
        try:
            await carry_out(write, self._records)
        except CallRecordError as error:
            if not error.retryable:
                await self._reject(line_to_json(write, datetime.now(UTC)), str(error))
                raise
            await self._keep(write, str(error))
        except asyncio.CancelledError:
            # It may have reached the database or not. Writes can be repeated, so it is kept to be done again.
            with suppress(CallRecordError):  # logged where it happened
                await asyncio.shield(self._keep(write, "cancelled"))
            raise

    async def _keep(self, write: RecordWrite, reason: str) -> None:
        line = line_to_json(write, datetime.now(UTC))
        self._waiting[write.call_id] += 1
        try:
            await self._spool.keep(line)
        except OSError as error:
            self._forget(write.call_id)
            _log.error("call record lost: spool failed", call_id=write.call_id, kind=write.kind, reason=str(error))
            raise CallRecordError(f"neither stored ({reason}) nor spooled: {error}") from error
        self.spooled_writes += 1
        _log.warning("call record spooled", call_id=write.call_id, kind=write.kind, reason=reason)

    async def _carry_out_line(self, line: bytes, done: list[str], held_calls: set[str]) -> Verdict:
        try:
            entry = line_from_json(line)
        except SpoolLineGarbage as error:
            await self._reject(line, str(error))
            return Verdict.GONE
        call_id = entry.write.call_id
        if call_id in held_calls:
            return Verdict.HELD
        try:
            await carry_out_late(entry.write, self._records)
        except CallUnknown as error:
            if datetime.now(UTC) - entry.spooled_at < _UNKNOWN_LIMIT:
                held_calls.add(call_id)
                return Verdict.HELD
            await self._reject(line, str(error))
        except CallRecordError as error:
            if error.retryable:
                _log.warning("spool import stopped", reason=str(error), waiting_writes=self.waiting_writes - len(done))
                return Verdict.STOPPED
            await self._reject(line, str(error))
        else:
            self.imported_writes += 1
        done.append(call_id)
        return Verdict.GONE

    async def _reject(self, line: bytes, reason: str) -> None:
        self.rejected_writes += 1
        _log.error("call record rejected", reason=reason, size_bytes=len(line), kept_in=self._spool.rejects_name)
        try:
            await self._spool.set_aside(line)
        except OSError as error:
            _log.error("rejected call record lost", reason=str(error))

    def _forget(self, call_id: str) -> None:
        self._waiting[call_id] -= 1
        if self._waiting[call_id] <= 0:
            del self._waiting[call_id]
