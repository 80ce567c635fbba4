"""The log of operations: what callers were told as accepted, and how it went on with the loyalty system.

A change (activate, merge, take back, block, tie a phone) is written here, durably, before the caller hears «принято»;
then it is sent until the loyalty system confirms or refuses. Its key makes sure that it is carried out once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from integrations.loyalty.port import OPERATION_KEY, Change, MergeUndo, Outcome


class OperationLogError(Exception):
    """The log could not be written or read now. Nothing may be told as accepted."""

    retryable = True


class OperationNotStorable(OperationLogError):
    """These values can never be stored."""

    retryable = False


class OperationKeyReused(OperationLogError):
    """The key belongs to an operation with another content: a fault of whoever made the key."""

    retryable = False


class OperationState(StrEnum):
    """Life of an operation."""

    ACCEPTED = "accepted"  # written, not yet sent
    SENT = "sent"  # sent at least once; how it went is not known yet
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"  # a merge that was taken back


@dataclass(frozen=True, slots=True)
class Operation:
    """A change that a caller asked for.

    Raises:
        ValueError: no operation key, or a time without a zone: faults of the program, found before anything is told.
    """

    key: str  # see `LoyaltySystem.carry_out`
    call_id: str
    change: Change
    accepted_at: datetime  # aware
    after: str | None = None  # key of an operation that must be settled before this one is sent

    def __post_init__(self) -> None:
        if not OPERATION_KEY.fullmatch(self.key):
            raise ValueError("not an operation key")
        if self.accepted_at.tzinfo is None:
            raise ValueError("a time without a zone")

    @property
    def predecessor(self) -> str | None:
        """Key of what must be settled first: a merge, before it is taken back."""
        return self.change.merge_key if isinstance(self.change, MergeUndo) else self.after


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """An operation as lists, the agent and reports see it: of numbers, only the last four digits."""

    key: str
    call_id: str
    kind: str  # of its change
    summary: str
    state: OperationState
    accepted_at: datetime
    tries: int = 0
    fault: str | None = None  # why the last try failed
    settled_at: datetime | None = None
    reason: str | None = None  # why it was refused: a `Refusal`, or KEY_CONFLICT
    customer_id: str | None = None  # when done
    undo_until: datetime | None = None  # of a merge that was done
    told_at: datetime | None = None  # when the caller learned of a refusal: in the call, or when staff called back


KEY_CONFLICT = "key_conflict"
"""Reason of an operation whose key the loyalty system knows from another one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An operation that one worker may send now, for as long as its lease lasts."""

    operation: Operation
    tries: int  # this one included


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the loyalty system."""

    operations: int
    oldest_accepted_at: datetime | None
    to_call_back: int = 0  # refused after the caller had been told «принято»: a matter of staff


class OperationLog(Protocol):
    """Durable operations. Clocks are arguments; those of several hosts may differ by less than a lease."""

    async def accept(self, operation: Operation) -> None:
        """Write an operation; when this returns it outlives a crash. The same operation again changes nothing.

        Raises:
            OperationLogError, OperationNotStorable, OperationKeyReused
        """

    async def claim(
        self, now: datetime, lease_seconds: float, limit: int = 10, key: str | None = None
    ) -> tuple[Claim, ...]:
        """Take operations that are due, or the one with this key if it is, so that nobody else sends them meanwhile.

        They count as sent from now on. A claim that is not settled nor postponed is due again after the lease: its
        worker died, and whether the loyalty system got it only the same key can tell. An operation whose predecessor
        is not settled is not due; one whose predecessor is unknown, not for a day.

        Raises:
            OperationLogError
        """

    async def postpone(self, claim: Claim, due_at: datetime, fault: str) -> None:
        """Give a claim back until later; without effect when another worker has claimed it since.

        Raises:
            OperationLogError
        """

    async def settle(self, key: str, outcome: Outcome, at: datetime) -> None:
        """Note how it went, and erase what was kept for sending only. Of several outcomes the first one counts.

        Raises:
            OperationLogError
        """

    async def give_up(self, key: str, reason: str, at: datetime) -> None:
        """Note that it can never be sent, as if it had been refused.

        Raises:
            OperationLogError
        """

    async def note_told(self, key: str, at: datetime) -> None:
        """Note that the caller knows of the refusal: nobody has to call back any more. The first time counts.

        Raises:
            OperationLogError
        """

    async def load(self, key: str) -> OperationRecord | None:
        """Read one operation.

        Raises:
            OperationLogError
        """

    async def of_call(self, call_id: str) -> tuple[OperationRecord, ...]:
        """List the operations of a call in the order they were accepted.

        Raises:
            OperationLogError
        """

    async def latest(self, limit: int = 20, *, to_call_back: bool = False) -> tuple[OperationRecord, ...]:
        """List the newest operations, newest first; or only those about whose refusal the caller is to be called back.

        Raises:
            OperationLogError
        """

    async def backlog(self) -> Backlog:
        """Tell what is not settled, and about what callers are to be called back.

        Raises:
            OperationLogError
        """

    async def delete_older_than(self, days: int, now: datetime) -> int:
        """Delete operations settled more than `days` before `now`; return how many.

        What is not settled stays, and so does what a caller is still to be told.

        Raises:
            OperationLogError
        """
