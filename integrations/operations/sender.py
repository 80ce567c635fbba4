"""Sending accepted operations until the loyalty system confirms or refuses them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from integrations.loyalty.port import LoyaltyError, LoyaltyKeyConflict, LoyaltySystem, Outcome
from integrations.operations.port import KEY_CONFLICT, Claim, OperationLog, OperationLogError, OperationRecord
from integrations.operations.settings import OperationSettings

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sent:
    """How an operation stands after it was sent, or not sent since it is not due."""

    record: OperationRecord | None  # None: not in the log, or it could not be read
    outcome: Outcome | None  # what the loyalty system answered just now, also when that could not be noted


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


class OperationSender:
    """One worker's sender; any number of them may work on one log.

    An operation is claimed before it is sent, and its outcome noted after. Whatever dies between the two, the claim's
    lease runs out and the operation is sent again with the same key, under which the loyalty system does it once.
    """

    def __init__(
        self,
        log: OperationLog,
        loyalty: LoyaltySystem,
        settings: OperationSettings,
        *,
        on_settled: Callable[[OperationRecord], None] = lambda record: None,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`on_settled` learns each outcome: a late refusal is somebody's work, since the caller was told «принято»."""
        self._operations = log
        self._loyalty = loyalty
        self._settings = settings
        self._on_settled = on_settled
        self._clock = clock
        self._chance = chance  # 0..1, so that workers do not come back all at once
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for due operations now, and not only at the next round."""
        self._woken.set()

    async def send(self, key: str) -> Sent:
        """Send one operation now, if it is due and nobody else does; return how it stands then.

        For a caller who waits: bound it in time outside. Cancelling it is safe, the operation is sent again later.

        Raises:
            OperationLogError: whether it was sent is not known; it is sent again later.
        """
        for claim in await self._operations.claim(self._clock(), self._settings.lease_seconds, 1, key):
            return await self._deliver(claim)
        return Sent(await self._operations.load(key), None)

    async def send_due(self) -> int:
        """Send what is due, as much of it as may go at once; return how many were sent.

        Raises:
            OperationLogError
        """
        settings = self._settings
        claims = await self._operations.claim(self._clock(), settings.lease_seconds, settings.at_once)
        async with asyncio.TaskGroup() as group:
            for claim in claims:
                group.create_task(self._deliver(claim))
        return len(claims)

    async def run(self) -> None:
        """Send until cancelled; a round that fails is logged and the next one comes."""
        while True:
            self._woken.clear()
            try:
                if await self.send_due() == self._settings.at_once:
                    continue
            except OperationLogError as error:
                _log.warning("operations are out of reach", reason=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.round_seconds):
                    await self._woken.wait()

    async def _deliver(self, claim: Claim) -> Sent:
        operation = claim.operation
        about = {"key": operation.key, "kind": operation.change.kind, "tries": claim.tries}
        outcome: Outcome | None = None
        try:
            outcome = await self._try(claim)
            if outcome is not None:
                await self._operations.settle(operation.key, outcome, self._clock())
        except OperationLogError as error:
            _log.warning("an outcome could not be noted: sent again later", **about, reason=str(error))
            return Sent(None, outcome)
        except Exception:  # of one operation; the others go on, and its lease brings it back
            _log.exception("an operation broke its sender", **about)
            return Sent(None, outcome)
        try:
            record = await self._operations.load(operation.key)
        except OperationLogError as error:
            _log.warning("an outcome could not be read", **about, reason=str(error))
            return Sent(None, outcome)
        if record is not None and record.settled_at is not None:
            _log.info("operation settled", **about, state=record.state.value, reason=record.reason)
            self._on_settled(record)
        return Sent(record, outcome)

    async def _try(self, claim: Claim) -> Outcome | None:
        """Send once; None when there is no outcome: the operation is given back then, or given up."""
        operation = claim.operation
        about = {"key": operation.key, "kind": operation.change.kind, "tries": claim.tries}
        try:
            return await self._loyalty.carry_out(operation.key, operation.change)
        except LoyaltyKeyConflict:
            _log.critical("an operation's key belongs to another one: it is never carried out", **about)
            await self._operations.give_up(operation.key, KEY_CONFLICT, self._clock())
        except LoyaltyError as error:
            # Also what is not worth a retry elsewhere: only an answer can tell whether it was carried out.
            level = _log.warning if error.retryable else _log.error
            level("operation is sent again later", **about, reason=str(error))
            due_at = self._clock() + timedelta(seconds=self._pause_seconds(claim.tries))
            await self._operations.postpone(claim, due_at, type(error).__name__)
        return None

    def _pause_seconds(self, tries: int) -> float:
        doubled = self._settings.first_pause_seconds * 2.0 ** min(tries - 1, 30)
        return min(doubled, self._settings.longest_pause_seconds) * (0.5 + 0.5 * self._chance())
