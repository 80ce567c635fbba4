"""The call-record port: one durable row per call, whatever happens, with its turns. Personal data arrives masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class CallRecordError(Exception):
    """The record could not be written now; the caller's side spools it and imports it later."""

    retryable = True


class CallRecordRefused(CallRecordError):
    """These values can never be stored, now or later."""

    retryable = False


class CallUnknown(CallRecordError):
    """No row of this call yet: another worker may still hold its beginning in a spool."""


STALE_REASON = "worker_died"  # of calls closed by `close_stale`


class CallOutcome(StrEnum):
    """How a call ended."""

    IN_PROGRESS = "in_progress"
    CONTAINED = "contained"  # the matter was settled without an agent
    HANDED_OFF = "handed_off"
    HUNG_UP = "hung_up"  # the caller left before it was settled
    DROPPED = "dropped"  # our side or Asterisk broke
    REJECTED = "rejected"  # too many calls, sent straight to the queue


@dataclass(frozen=True, slots=True)
class CallStart:
    """What is known when a call begins."""

    call_id: str
    channel: str
    caller_number: str | None  # masked but for the last four digits
    dialled_number: str
    bundle: str
    worker: str
    started_at: datetime  # aware, UTC


@dataclass(frozen=True, slots=True)
class CallTurn:
    """One thing said or done."""

    at_seconds: float
    who: str  # "caller", "yulia" or "system"
    kind: str  # "speech", "keys", "silence", "prompt", "action", ...
    text: str
    step: str | None  # flow and step, e.g. "main/menu"
    response_gap_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CallEnd:
    """What is known when a call has ended (or left us for an agent)."""

    outcome: CallOutcome
    reason: str | None
    topic: str | None
    queue: str | None
    customer_id: str | None
    ended_at: datetime
    turns: tuple[CallTurn, ...]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A stored call."""

    start: CallStart
    end: CallEnd | None
    agent: str | None = None
    agent_connected_at: datetime | None = None


class CallRecords(Protocol):
    """Durable call records."""

    async def open(self, start: CallStart) -> None:
        """Insert the row of a call that begins; the same call id again is not an error.

        A call in progress, or one that was closed as stale, goes over to the worker that opens it again; a call
        that has ended stays as it is.

        Raises:
            CallRecordError, CallRecordRefused
        """

    async def close_call(self, call_id: str, end: CallEnd) -> None:
        """Complete the row and write its turns, in one transaction; repeating it changes nothing.

        It completes a call that was closed as stale, too.

        Raises:
            CallRecordError, CallRecordRefused, CallUnknown
        """

    async def agent_connected(self, call_id: str, agent: str, at: datetime) -> None:
        """Note which agent took the call; of several, the last one.

        Raises:
            CallRecordError, CallRecordRefused, CallUnknown
        """

    async def load(self, call_id: str) -> CallRecord | None:
        """Read one call.

        Raises:
            CallRecordError
        """

    async def latest(self, limit: int = 20) -> tuple[CallRecord, ...]:
        """Read the newest calls, newest first.

        Raises:
            CallRecordError
        """

    async def close_stale(self, worker: str, ended_at: datetime) -> int:
        """Close calls that a dead worker of this name left in progress as dropped; return how many.

        Raises:
            CallRecordError
        """

    async def delete_older_than(self, days: int, now: datetime) -> int:
        """Delete calls that began more than `days` before `now`, with their turns; return how many.

        Raises:
            CallRecordError
        """
