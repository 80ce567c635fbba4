from __future__ import annotations

from collections import defaultdict, deque

from integrations.attempts.port import AttemptsError, AttemptSubject
from integrations.settings import AttemptSettings

_SECONDS_PER_MINUTE = 60.0


class FakeWrongAttempts:
    """The port of wrong tries in memory, on a clock of its own. Set `down` to make every use fail."""

    def __init__(self, settings: AttemptSettings | None = None) -> None:
        self.settings = settings or AttemptSettings()
        self.now_seconds = 0.0
        self.down = False
        self._tries: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._locked_until: dict[tuple[str, str], float] = {}

    def pass_minutes(self, minutes: float) -> None:
        self.now_seconds += minutes * _SECONDS_PER_MINUTE

    async def is_locked(self, subject: AttemptSubject) -> bool:
        self._check()
        return any(self._is_locked(scope) for scope in self._scopes(subject))

    async def count_wrong(self, subject: AttemptSubject) -> bool:
        self._check()
        for scope, limit in self._scopes(subject).items():
            if not self._is_locked(scope):
                self._count(scope, limit)
        return await self.is_locked(subject)

    async def forget_caller(self, caller_number: str) -> None:
        self._check()
        self._tries.pop(("caller", caller_number), None)

    def _count(self, scope: tuple[str, str], limit: int) -> None:
        tries = self._tries[scope]
        tries.append(self.now_seconds)
        while tries[0] <= self.now_seconds - self.settings.window_minutes * _SECONDS_PER_MINUTE:
            tries.popleft()
        if len(tries) >= limit:
            del self._tries[scope]
            self._locked_until[scope] = self.now_seconds + self.settings.lock_minutes * _SECONDS_PER_MINUTE

    def _is_locked(self, scope: tuple[str, str]) -> bool:
        return self.now_seconds < self._locked_until.get(scope, 0.0)

    def _scopes(self, subject: AttemptSubject) -> dict[tuple[str, str], int]:
        return {
            ("caller", subject.caller_number or "hidden"): self.settings.per_caller,
            ("card", subject.card_number): self.settings.per_card,
            ("range", subject.card_number[: self.settings.range_digits]): self.settings.per_range,
        }

    def _check(self) -> None:
        if self.down:
            raise AttemptsError("the fake is down")
