"""Operations in SQL: SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from integrations.loyalty.change_json import ChangeGarbage, change_from_json, change_to_json, summary_of
from integrations.loyalty.port import Done, MergeUndo, Outcome, Refused
from integrations.operations.port import (
    Backlog,
    Claim,
    Operation,
    OperationKeyReused,
    OperationLogError,
    OperationRecord,
    OperationState,
)
from integrations.operations.schema import port_errors
from integrations.operations.tables import OperationRow
from integrations.sql_database import open_engine

_log = structlog.get_logger()

_UNSETTLED = (OperationState.ACCEPTED.value, OperationState.SENT.value)
_UNDO_KIND = MergeUndo(merge_key="").kind
_LATEST_LIMIT = 1000
_UNKNOWN_PREDECESSOR_LIMIT = timedelta(hours=24)  # it may lie in another worker's spool


class SqlOperationLog:
    """The log of operations over SQLAlchemy. The table is `schema.upgrade`'s to make."""

    def __init__(self, url: str, *, limit_seconds: float = 2.0, connections: int = 5) -> None:
        """Take the database's address; connects at the first use.

        Raises:
            ValueError: not an address of SQLite or PostgreSQL.
        """
        self._limit_seconds = limit_seconds
        self._engine = open_engine(url, limit_seconds, connections)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._insert: Any = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert

    async def accept(self, operation: Operation) -> None:
        """Write an operation, durably when this returns."""
        row = {
            "key": operation.key,
            "call_id": operation.call_id,
            "kind": operation.change.kind,
            "summary": summary_of(operation.change),
            "content": change_to_json(operation.change).decode(),
            "after_key": operation.predecessor,
            "state": OperationState.ACCEPTED.value,
            "accepted_at": operation.accepted_at,
            "due_at": operation.accepted_at,
            "tries": 0,
        }
        statement = self._insert(OperationRow).values(row).on_conflict_do_nothing(index_elements=["key"])
        async with self._transaction() as session:
            if await _changed(session, statement):
                return
            known = await session.get_one(OperationRow, operation.key)
        # What was erased after sending cannot be compared any more; the summary still can.
        same = all(getattr(known, name) == row[name] for name in ("call_id", "kind", "summary", "after_key"))
        if not same or known.content not in (None, row["content"]):
            raise OperationKeyReused(f"operation {operation.key} is another one")

    async def claim(
        self, now: datetime, lease_seconds: float, limit: int = 10, key: str | None = None
    ) -> tuple[Claim, ...]:
        """Take what is due, in one statement, so that two workers never get the same."""
        due = (
            select(OperationRow.key)
            .where(OperationRow.state.in_(_UNSETTLED), OperationRow.due_at <= now, _may_go(now))
            .order_by(OperationRow.due_at, OperationRow.accepted_at)
            .limit(limit)
            .with_for_update(skip_locked=True)  # PostgreSQL's; SQLite has one writer at a time
        )
        if key is not None:
            due = due.where(OperationRow.key == key)
        taken = due.cte()  # a plain subquery may be planned to run more than once, and then takes more than the limit
        statement = (
            update(OperationRow)
            .where(OperationRow.key.in_(select(taken.c.key)))
            .values(
                state=OperationState.SENT.value,
                tries=OperationRow.tries + 1,
                due_at=now + timedelta(seconds=lease_seconds),
            )
            .returning(OperationRow)
        )
        async with self._transaction() as session:
            options = {"synchronize_session": False}
            rows = (await session.scalars(statement, execution_options=options)).all()
        claims = [_claim(row) for row in sorted(rows, key=lambda row: (row.accepted_at, row.key))]
        return tuple(claim for claim in claims if claim is not None)

    async def postpone(self, claim: Claim, due_at: datetime, fault: str) -> None:
        """Give a claim back, unless another worker has claimed it since."""
        statement = (
            update(OperationRow)
            .where(
                OperationRow.key == claim.operation.key,
                OperationRow.tries == claim.tries,
                OperationRow.state.in_(_UNSETTLED),
            )
            .values(due_at=due_at, fault=fault)
        )
        async with self._transaction() as session:
            await _changed(session, statement)

    async def settle(self, key: str, outcome: Outcome, at: datetime) -> None:
        """Note how it went; a merge that was taken back with this one is undone by the same transaction."""
        match outcome:
            case Done(customer_id=customer_id, undo_until=undo_until):
                values = {"state": OperationState.DONE.value, "customer_id": customer_id, "undo_until": undo_until}
            case Refused(reason):
                values = {"state": OperationState.REFUSED.value, "reason": reason.value}
        await self._settle(key, values, at)

    async def give_up(self, key: str, reason: str, at: datetime) -> None:
        """Note that it can never be sent."""
        await self._settle(key, {"state": OperationState.REFUSED.value, "reason": reason}, at)

    async def note_told(self, key: str, at: datetime) -> None:
        """Note that the caller knows of the refusal."""
        statement = update(OperationRow).where(OperationRow.key == key, OperationRow.told_at.is_(None))
        async with self._transaction() as session:
            await _changed(session, statement.values(told_at=at))

    async def load(self, key: str) -> OperationRecord | None:
        """Read one operation."""
        async with self._transaction() as session:
            row = await session.get(OperationRow, key)
        return None if row is None else _record(row)

    async def of_call(self, call_id: str) -> tuple[OperationRecord, ...]:
        """List the operations of a call in the order they were accepted."""
        statement = select(OperationRow).where(OperationRow.call_id == call_id)
        statement = statement.order_by(OperationRow.accepted_at, OperationRow.key)
        async with self._transaction() as session:
            rows = (await session.scalars(statement)).all()
        return tuple(_record(row) for row in rows)

    async def latest(self, limit: int = 20, *, to_call_back: bool = False) -> tuple[OperationRecord, ...]:
        """List the newest operations, at most 1000, newest first."""
        statement = select(OperationRow).order_by(OperationRow.accepted_at.desc(), OperationRow.key)
        statement = statement.limit(max(0, min(limit, _LATEST_LIMIT)))
        if to_call_back:
            statement = statement.where(_to_call_back())
        async with self._transaction() as session:
            rows = (await session.scalars(statement)).all()
        return tuple(_record(row) for row in rows)

    async def backlog(self) -> Backlog:
        """Tell what is not settled, and about what callers are to be called back."""
        unsettled = select(func.count(), func.min(OperationRow.accepted_at)).where(OperationRow.state.in_(_UNSETTLED))
        refused = select(func.count()).select_from(OperationRow).where(_to_call_back())
        async with self._transaction() as session:
            operations, oldest = (await session.execute(unsettled)).one()
            to_call_back = await session.scalar(refused)
        return Backlog(operations, oldest, to_call_back or 0)

    async def delete_older_than(self, days: int, now: datetime) -> int:
        """Delete what was settled long ago, but for what a caller is still to be told."""
        old = OperationRow.settled_at < now - timedelta(days=days)
        statement = delete(OperationRow).where(old, ~_to_call_back())
        async with self._transaction() as session:
            return await _changed(session, statement)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _settle(self, key: str, values: dict[str, Any], at: datetime) -> None:
        settled = {**values, "settled_at": at, "content": None, "fault": None}
        statement = update(OperationRow).where(OperationRow.key == key, OperationRow.state.in_(_UNSETTLED))
        async with self._transaction() as session:
            if not await _changed(session, statement.values(settled)):
                return
            if values["state"] == OperationState.DONE.value:
                await _changed(session, _take_back(key))

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with port_errors(self._limit_seconds), self._sessions.begin() as session:
            yield session


def _to_call_back() -> ColumnElement[bool]:
    return and_(OperationRow.state == OperationState.REFUSED.value, OperationRow.told_at.is_(None))


def _may_go(now: datetime) -> ColumnElement[bool]:
    before = aliased(OperationRow)
    known = select(before.key).where(before.key == OperationRow.after_key)
    return or_(
        OperationRow.after_key.is_(None),
        known.where(before.state.not_in(_UNSETTLED)).exists(),
        and_(OperationRow.accepted_at < now - _UNKNOWN_PREDECESSOR_LIMIT, ~known.exists()),
    )


def _take_back(undo_key: str) -> Any:
    undo = aliased(OperationRow)
    merge_key = select(undo.after_key).where(undo.key == undo_key, undo.kind == _UNDO_KIND).scalar_subquery()
    return (
        update(OperationRow)
        .where(OperationRow.key == merge_key, OperationRow.state == OperationState.DONE.value)
        .values(state=OperationState.UNDONE.value)
    )


async def _changed(session: AsyncSession, statement: Any) -> int:
    """Run a statement that changes rows; return how many it changed."""
    result: Any = await session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def _claim(row: OperationRow) -> Claim | None:
    try:
        change = change_from_json((row.content or "").encode())
    except ChangeGarbage as error:
        # A newer worker's, perhaps: it stays, and whoever can read it sends it after the lease.
        _log.error("an operation cannot be read", key=row.key, kind=row.kind, reason=str(error))
        return None
    after = None if isinstance(change, MergeUndo) else row.after_key
    return Claim(Operation(row.key, row.call_id, change, row.accepted_at, after), row.tries)


def _record(row: OperationRow) -> OperationRecord:
    try:
        state = OperationState(row.state)
    except ValueError:
        raise OperationLogError(f"operation {row.key} has a state that this worker does not know") from None
    return OperationRecord(
        key=row.key,
        call_id=row.call_id,
        kind=row.kind,
        summary=row.summary,
        state=state,
        accepted_at=row.accepted_at,
        tries=row.tries,
        fault=row.fault,
        settled_at=row.settled_at,
        reason=row.reason,
        customer_id=row.customer_id,
        undo_until=row.undo_until,
        told_at=row.told_at,
    )
