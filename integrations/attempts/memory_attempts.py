"""Wrong tries in memory: for a dialogue that is tried out without the line."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from integrations.attempts.port import AttemptSubject
from integrations.settings import AttemptSettings

_SECONDS_PER_MINUTE = 60.0


class MemoryWrongAttempts:
    """The port of wrong tries within one process; forgotten with it."""

    def __init__(self, settings: AttemptSettings, clock: Callable[[], float]) -> None:
        """Take the limits and a clock in seconds, of any beginning."""
        self.settings = settings
        self._clock = clock
        self._tries: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._locked_until: dict[tuple[str, str], float] = {}

    async def is_locked(self, subject: AttemptSubject) -> bool:
        """Say whether the caller, the card or its range is locked."""
        return any(self._is_locked(scope) for scope in self._scopes(subject))

    async def count_wrong(self, subject: AttemptSubject) -> bool:
        """Count one wrong try; return whether any scope is now locked."""
        for scope, limit in self._scopes(subject).items():
            if not self._is_locked(scope):
                self._count(scope, limit)
        return any(self._is_locked(scope) for scope in self._scopes(subject))

    async def forget_caller(self, caller_number: str) -> None:
        """Reset a caller's counter."""
        self._tries.pop(("caller", caller_number), None)

    def _count(self, scope: tuple[str, str], limit: int) -> None:
        now = self._clock()
        tries = self._tries[scope]
        tries.append(now)
        while tries[0] <= now - self.settings.window_minutes * _SECONDS_PER_MINUTE:
            tries.popleft()
        if len(tries) >= limit:
            del self._tries[scope]
            self._locked_until[scope] = now + self.settings.lock_minutes * _SECONDS_PER_MINUTE

    def _is_locked(self, scope: tuple[str, str]) -> bool:
        return scope in self._locked_until and self._clock() < self._locked_until[scope]

    def _scopes(self, subject: AttemptSubject) -> dict[tuple[str, str], int]:
        return {
            ("caller", subject.caller_number or "hidden"): self.settings.per_caller,
            ("card", subject.card_number): self.settings.per_card,
            ("range", subject.card_number[: self.settings.range_digits]): self.settings.per_range,
        }
