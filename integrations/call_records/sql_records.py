"""Call records in SQL: SQLite or PostgreSQL."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import selectinload

from integrations.call_records.database import port_errors
from integrations.call_records.port import (
    STALE_REASON,
    CallEnd,
    CallOutcome,
    CallRecord,
    CallRecordError,
    CallStart,
    CallTurn,
    CallUnknown,
)
from integrations.call_records.tables import CallRow, CallTurnRow
from integrations.sql_store import SqlStore, changed

_LATEST_LIMIT = 1000
_DELETE_BATCH = 500


class SqlCallRecords(SqlStore):
    """The call-record port over SQLAlchemy. The tables are `schema.upgrade`'s to make."""

    async def open(self, start: CallStart) -> None:
        """Insert the row of a call that begins, or hand a call that is still open over to a new worker."""
        row = {
            "call_id": start.call_id,
            "channel": start.channel,
            "caller_number": start.caller_number,
            "dialled_number": start.dialled_number,
            "bundle": start.bundle,
            "worker": start.worker,
            "started_at": start.started_at,
            "outcome": CallOutcome.IN_PROGRESS.value,
        }
        again = {"worker": start.worker, "outcome": CallOutcome.IN_PROGRESS.value, "reason": None, "ended_at": None}
        statement = self._insert(CallRow).values(row)
        statement = statement.on_conflict_do_update(index_elements=["call_id"], set_=again, where=_still_open())
        async with self._transaction() as session:
            await session.execute(statement)

    async def close_call(self, call_id: str, end: CallEnd) -> None:
        """Complete the row and write its turns, in one transaction."""
        values = {
            "outcome": end.outcome.value,
            "reason": end.reason,
            "topic": end.topic,
            "queue": end.queue,
            "customer_id": end.customer_id,
            "ended_at": end.ended_at,
        }
        turns = [
            {
                "call_id": call_id,
                "position": position,
                "at_seconds": turn.at_seconds,
                "who": turn.who,
                "kind": turn.kind,
                "text": turn.text,
                "step": turn.step,
                "response_gap_seconds": turn.response_gap_seconds,
            }
            for position, turn in enumerate(end.turns)
        ]
        async with self._transaction() as session:
            statement = update(CallRow).where(CallRow.call_id == call_id, _still_open()).values(values)
            if await changed(session, statement):
                if turns:
                    await session.execute(self._insert(CallTurnRow), turns)
            elif await session.scalar(select(CallRow.call_id).where(CallRow.call_id == call_id)) is None:
                raise CallUnknown(f"no call {call_id} to close")

    async def agent_connected(self, call_id: str, agent: str, at: datetime) -> None:
        """Note which agent took the call."""
        statement = update(CallRow).where(CallRow.call_id == call_id).values(agent=agent, agent_connected_at=at)
        async with self._transaction() as session:
            if not await changed(session, statement):
                raise CallUnknown(f"no call {call_id} for an agent to take")

    async def load(self, call_id: str) -> CallRecord | None:
        """Read one call."""
        statement = select(CallRow).where(CallRow.call_id == call_id).options(selectinload(CallRow.turns))
        async with self._transaction() as session:
            row = await session.scalar(statement)
        return None if row is None else _record(row)

    async def latest(self, limit: int = 20) -> tuple[CallRecord, ...]:
        """Read the newest calls, newest first; at most 1000."""
        statement = (
            select(CallRow)
            .order_by(CallRow.started_at.desc(), CallRow.call_id)
            .limit(max(0, min(limit, _LATEST_LIMIT)))
            .options(selectinload(CallRow.turns))
        )
        async with self._transaction() as session:
            rows = (await session.scalars(statement)).all()
        return tuple(_record(row) for row in rows)

    async def close_stale(self, worker: str, ended_at: datetime) -> int:
        """Close calls that a dead worker of this name left in progress as dropped; return how many."""
        statement = (
            update(CallRow)
            .where(CallRow.worker == worker, CallRow.outcome == CallOutcome.IN_PROGRESS.value)
            .values(outcome=CallOutcome.DROPPED.value, reason=STALE_REASON, ended_at=ended_at)
        )
        async with self._transaction() as session:
            return await changed(session, statement)

    async def delete_older_than(self, days: int, now: datetime) -> int:
        """Delete old calls with their turns, some hundreds at a time, so that nobody waits for it."""
        old = select(CallRow.call_id).where(CallRow.started_at < now - timedelta(days=days)).limit(_DELETE_BATCH)
        statement = delete(CallRow).where(CallRow.call_id.in_(old.scalar_subquery()))
        deleted = 0
        while True:
            async with self._transaction() as session:
                batch = await changed(session, statement)
            deleted += batch
            if batch < _DELETE_BATCH:
                return deleted

    def _bounded(self) -> AbstractAsyncContextManager[None]:
        return port_errors(self._limit_seconds)


def _still_open() -> ColumnElement[bool]:
    return or_(CallRow.outcome == CallOutcome.IN_PROGRESS.value, CallRow.reason == STALE_REASON)


def _record(row: CallRow) -> CallRecord:
    try:
        outcome = CallOutcome(row.outcome)
    except ValueError:
        raise CallRecordError(f"call {row.call_id} has an outcome that this worker does not know") from None
    start = CallStart(
        call_id=row.call_id,
        channel=row.channel,
        caller_number=row.caller_number,
        dialled_number=row.dialled_number,
        bundle=row.bundle,
        worker=row.worker,
        started_at=row.started_at,
    )
    end: CallEnd | None = None
    if outcome is not CallOutcome.IN_PROGRESS and row.ended_at is not None:
        end = CallEnd(
            outcome=outcome,
            reason=row.reason,
            topic=row.topic,
            queue=row.queue,
            customer_id=row.customer_id,
            ended_at=row.ended_at,
            turns=tuple(_turn(turn) for turn in row.turns),
        )
    return CallRecord(start=start, end=end, agent=row.agent, agent_connected_at=row.agent_connected_at)


def _turn(row: CallTurnRow) -> CallTurn:
    return CallTurn(
        at_seconds=row.at_seconds,
        who=row.who,
        kind=row.kind,
        text=row.text,
        step=row.step,
        response_gap_seconds=row.response_gap_seconds,
    )
