from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.loyalty.change_json import summary_of
from integrations.loyalty.port import Done, MergeUndo, Outcome
from integrations.operations.port import (
    Backlog,
    Claim,
    Operation,
    OperationKeyReused,
    OperationLogError,
    OperationRecord,
    OperationState,
)

UNSETTLED = (OperationState.ACCEPTED, OperationState.SENT)


@dataclass(slots=True)
class _Kept:
    operation: Operation
    record: OperationRecord
    due_at: datetime


class FakeOperationLog:
    """The log in memory. Set `down` to make every use fail."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self.down = False

    async def accept(self, operation: Operation) -> None:
        self._check()
        record = OperationRecord(
            operation.key,
            operation.call_id,
            operation.change.kind,
            summary_of(operation.change),
            OperationState.ACCEPTED,
            operation.accepted_at,
        )
        kept = self._kept.setdefault(operation.key, _Kept(operation, record, operation.accepted_at))
        if (kept.operation.call_id, kept.operation.change, kept.operation.predecessor) != (
            operation.call_id,
            operation.change,
            operation.predecessor,
        ):
            raise OperationKeyReused(operation.key)

    async def claim(
        self, now: datetime, lease_seconds: float, limit: int = 10, key: str | None = None
    ) -> tuple[Claim, ...]:
        self._check()
        due = [kept for kept in self._kept.values() if self._is_due(kept, now) and key in (None, kept.operation.key)]
        due.sort(key=lambda kept: (kept.due_at, kept.operation.accepted_at))
        for kept in due[:limit]:
            kept.record = replace(kept.record, state=OperationState.SENT, tries=kept.record.tries + 1)
            kept.due_at = now + timedelta(seconds=lease_seconds)
        return tuple(Claim(kept.operation, kept.record.tries) for kept in due[:limit])

    async def postpone(self, claim: Claim, due_at: datetime, fault: str) -> None:
        self._check()
        kept = self._kept[claim.operation.key]
        if kept.record.tries == claim.tries and kept.record.state in UNSETTLED:
            kept.due_at, kept.record = due_at, replace(kept.record, fault=fault)

    async def settle(self, key: str, outcome: Outcome, at: datetime) -> None:
        self._check()
        if isinstance(outcome, Done):
            self._settle(
                key, at, state=OperationState.DONE, customer_id=outcome.customer_id, undo_until=outcome.undo_until
            )
        else:
            self._settle(key, at, state=OperationState.REFUSED, reason=outcome.reason.value)

    async def give_up(self, key: str, reason: str, at: datetime) -> None:
        self._check()
        self._settle(key, at, state=OperationState.REFUSED, reason=reason)

    async def note_told(self, key: str, at: datetime) -> None:
        self._check()
        kept = self._kept[key]
        kept.record = replace(kept.record, told_at=kept.record.told_at or at)

    async def load(self, key: str) -> OperationRecord | None:
        self._check()
        kept = self._kept.get(key)
        return None if kept is None else kept.record

    async def of_call(self, call_id: str) -> tuple[OperationRecord, ...]:
        self._check()
        records = [kept.record for kept in self._kept.values() if kept.record.call_id == call_id]
        return tuple(sorted(records, key=lambda record: (record.accepted_at, record.key)))

    async def backlog(self) -> Backlog:
        self._check()
        times = [kept.record.accepted_at for kept in self._kept.values() if kept.record.state in UNSETTLED]
        return Backlog(len(times), min(times, default=None), sum(map(_is_to_call_back, self._records())))

    async def latest(self, limit: int = 20, *, to_call_back: bool = False) -> tuple[OperationRecord, ...]:
        self._check()
        records = [record for record in self._records() if not to_call_back or _is_to_call_back(record)]
        return tuple(sorted(records, key=lambda record: record.accepted_at, reverse=True)[:limit])

    async def delete_older_than(self, days: int, now: datetime) -> int:
        self._check()
        limit = now - timedelta(days=days)
        old = [
            record.key
            for record in self._records()
            if record.settled_at and record.settled_at < limit and not _is_to_call_back(record)
        ]
        for key in old:
            del self._kept[key]
        return len(old)

    def _records(self) -> list[OperationRecord]:
        return [kept.record for kept in self._kept.values()]

    def _settle(self, key: str, at: datetime, **values: object) -> None:
        kept = self._kept[key]
        if kept.record.state not in UNSETTLED:
            return
        kept.record = replace(kept.record, settled_at=at, fault=None, **values)  # type: ignore[arg-type]
        change = kept.operation.change
        if isinstance(change, MergeUndo) and kept.record.state is OperationState.DONE:
            merge = self._kept.get(change.merge_key)
            if merge is not None and merge.record.state is OperationState.DONE:
                merge.record = replace(merge.record, state=OperationState.UNDONE)

    def _is_due(self, kept: _Kept, now: datetime) -> bool:
        if kept.record.state not in UNSETTLED or kept.due_at > now:
            return False
        if (before := kept.operation.predecessor) is None:
            return True
        if before in self._kept:
            return self._kept[before].record.state not in UNSETTLED
        return kept.operation.accepted_at < now - timedelta(hours=24)

    def _check(self) -> None:
        if self.down:
            raise OperationLogError("the fake is down")


def _is_to_call_back(record: OperationRecord) -> bool:
    return record.state is OperationState.REFUSED and record.told_at is None
