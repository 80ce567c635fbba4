from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from integrations.call_records.port import (
    STALE_REASON,
    CallEnd,
    CallOutcome,
    CallRecord,
    CallRecordError,
    CallStart,
    CallUnknown,
)


class FakeCallRecords:
    """The call-record port in memory. Set `down` to make every use fail."""

    def __init__(self) -> None:
        self.calls: dict[str, CallRecord] = {}
        self.down = False

    async def open(self, start: CallStart) -> None:
        self._check()
        known = self.calls.get(start.call_id)
        if known is None:
            self.calls[start.call_id] = CallRecord(start=start, end=None)
        elif _is_open(known):
            self.calls[start.call_id] = replace(known, start=replace(known.start, worker=start.worker), end=None)

    async def close_call(self, call_id: str, end: CallEnd) -> None:
        known = self._known(call_id)
        if _is_open(known):
            self.calls[call_id] = replace(known, end=end)

    async def agent_connected(self, call_id: str, agent: str, at: datetime) -> None:
        self.calls[call_id] = replace(self._known(call_id), agent=agent, agent_connected_at=at)

    async def load(self, call_id: str) -> CallRecord | None:
        self._check()
        return self.calls.get(call_id)

    async def latest(self, limit: int = 20) -> tuple[CallRecord, ...]:
        self._check()
        newest = sorted(self.calls.values(), key=lambda call: call.start.started_at, reverse=True)
        return tuple(newest[: max(0, limit)])

    async def close_stale(self, worker: str, ended_at: datetime) -> int:
        self._check()
        stale = [call for call in self.calls.values() if call.end is None and call.start.worker == worker]
        for call in stale:
            end = CallEnd(CallOutcome.DROPPED, STALE_REASON, None, None, None, ended_at, ())
            self.calls[call.start.call_id] = replace(call, end=end)
        return len(stale)

    async def delete_older_than(self, days: int, now: datetime) -> int:
        self._check()
        old = [key for key, call in self.calls.items() if call.start.started_at < now - timedelta(days=days)]
        for key in old:
            del self.calls[key]
        return len(old)

    def _known(self, call_id: str) -> CallRecord:
        self._check()
        if call_id not in self.calls:
            raise CallUnknown(call_id)
        return self.calls[call_id]

    def _check(self) -> None:
        if self.down:
            raise CallRecordError("the fake is down")


def _is_open(call: CallRecord) -> bool:
    return call.end is None or call.end.reason == STALE_REASON
