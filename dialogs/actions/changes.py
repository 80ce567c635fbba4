"""Changes that callers ask for: written durably first, then sent while the caller waits."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import structlog

from dialogs.actions.asked import Asked
from dialogs.actions.port import ActionError
from dialogs.engine.operation_key import KEY_LENGTH
from integrations.loyalty.port import Card, Change, Done, Refusal, Refused
from integrations.operations.port import (
    KEY_CONFLICT,
    Operation,
    OperationLog,
    OperationLogError,
    OperationRecord,
    OperationState,
)
from integrations.operations.sender import OperationSender, Sent, utc_now

_log = structlog.get_logger()
_ResultT = TypeVar("_ResultT")

LOOK_AGAIN_SECONDS = 0.2
"""Pause between two looks at an operation that another sender took first."""
CLOSE_LIMIT_SECONDS = 3.0


class Told(StrEnum):
    """What the caller may be told of a change."""

    DONE = "done"  # the loyalty system confirmed
    ACCEPTED = "accepted"  # durably written, to be carried out
    REFUSED = "refused"
    LOCKED = "locked"  # too many wrong tries: nothing was changed


@dataclass(frozen=True, slots=True)
class Made:
    """How a change stands when the caller is answered."""

    outcome: Told
    reason: str | None = None  # of a refusal
    cards: tuple[Card, ...] = field(default=(), repr=False)  # when done here and now: as they are after it
    undo_until: datetime | None = None


Prepare = Callable[[], Awaitable[Change | Refusal]]
"""Finds out what exactly is to be changed, once it is sure that the change is a new one."""


class Changes:
    """Accepts changes into the log of operations and tells what is known of them when the caller's patience ends.

    What was begun goes on when the caller hangs up: an agreed change is written, and a sent one is noted.
    """

    def __init__(
        self,
        log: OperationLog,
        sender: OperationSender,
        *,
        secret: bytes = b"",
        accepting_seconds: float = 3.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`accepting_seconds`: what writing may take; with less time left, nothing is begun.

        `secret`: the same for all workers. Keys are made of what was asked for, and stay in the log when that is
        erased; without a secret, whoever reads the log finds a card number by trying all of them.
        """
        self._operations = log
        self._sender = sender
        self._secret = secret
        self._accepting_seconds = accepting_seconds
        self._clock = clock
        self._running: set[asyncio.Task[Any]] = set()

    def now(self) -> datetime:
        """Tell the time."""
        return self._clock()

    def key_of(self, asked: Asked) -> str:
        """Return the key of the operation that a request stands for.

        Raises:
            ValueError: a changing action was asked for without a key.
        """
        return hmac.digest(self._secret, f"operation:{asked.key}".encode(), hashlib.sha256).hex()[:KEY_LENGTH]

    async def make(
        self, asked: Asked, wanted: Change | Prepare, *, wait: bool = True, after_kind: str | None = None
    ) -> Made:
        """Accept a change and have it carried out; the same key again tells how it went, and changes nothing.

        A change that has to be found out first may turn out refused, then nothing is written. Without `wait` it is left
        to the sender, and nothing is told of its outcome. `after_kind`: it is sent after the call's operations of
        this kind.

        Raises:
            ActionError, OperationLogError: nothing was written.
            Whatever finding out raises.
        """
        key = self.key_of(asked)
        if not await self._is_known(key):
            change = await wanted() if callable(wanted) else wanted
            if isinstance(change, Refusal):
                return Made(Told.REFUSED, change.value)
            after = await self._unsettled(asked.request.call_id, after_kind) if after_kind is not None else None
            if asked.seconds_left < self._accepting_seconds:
                _log.warning("no time left to accept a change", kind=change.kind)
                raise ActionError("timeout")
            operation = Operation(key, asked.request.call_id, change, self._clock(), after)
            await asyncio.shield(self._begin(self._operations.accept(operation)))
        if not wait:
            self._sender.wake()
            return Made(Told.ACCEPTED)
        return await self._outcome(key, asked.deadline)

    async def close(self) -> None:
        """Let what was begun come to its end; what does not is sent again by whoever starts next."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_LIMIT_SECONDS)
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _is_known(self, key: str) -> bool:
        try:
            return await self._operations.load(key) is not None
        except OperationLogError:  # accepting it again changes nothing
            return False

    async def _unsettled(self, call_id: str, kind: str) -> str | None:
        try:
            records = await self._operations.of_call(call_id)
        except OperationLogError:
            return None
        keys = [record.key for record in records if record.kind == kind and record.settled_at is None]
        return keys[-1] if keys else None

    async def _outcome(self, key: str, deadline: float) -> Made:
        made: Made | None = None
        try:
            async with asyncio.timeout_at(deadline):
                sent = await asyncio.shield(self._begin(self._sender.send(key)))
                while (made := _made(sent)) is None and _is_being_sent(sent.record):
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
                    sent = Sent(await self._operations.load(key), None)
        except TimeoutError:
            _log.info("the outcome comes too late for the caller", key=key)
        except OperationLogError as error:
            _log.warning("the outcome is not known yet", key=key, reason=str(error))
        if made is None:
            return Made(Told.ACCEPTED)
        if made.outcome is Told.REFUSED:
            self._begin(self._note_told(key))
        if made.reason == KEY_CONFLICT:
            raise ActionError("internal")
        return made

    async def _note_told(self, key: str) -> None:
        try:
            await self._operations.note_told(key, self._clock())
        except OperationLogError as error:
            _log.warning("staff will call back about what the caller knows", key=key, reason=str(error))

    def _begin(self, work: Coroutine[Any, Any, _ResultT]) -> asyncio.Task[_ResultT]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("work on an operation failed", error=type(error).__name__)  # whoever waits is told too


def _is_being_sent(record: OperationRecord | None) -> bool:
    """Say whether another sender is at it, or died at it."""
    return record is not None and record.state is OperationState.SENT and record.fault is None


def _made(sent: Sent) -> Made | None:
    match sent.outcome:
        case Done(cards=cards, undo_until=undo_until):
            return Made(Told.DONE, cards=cards, undo_until=undo_until)
        case Refused(reason):
            return Made(Told.REFUSED, reason.value)
    if sent.record is None:
        return None
    match sent.record.state:
        case OperationState.DONE:
            return Made(Told.DONE, undo_until=sent.record.undo_until)
        case OperationState.UNDONE:
            return Made(Told.REFUSED, Refusal.ALREADY_UNDONE.value)
        case OperationState.REFUSED:
            return Made(Told.REFUSED, sent.record.reason)
        case OperationState.ACCEPTED | OperationState.SENT:
            return None
