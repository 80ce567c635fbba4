from __future__ import annotations

from integrations.attempts.memory_attempts import MemoryWrongAttempts
from integrations.attempts.port import AttemptsError, AttemptSubject
from integrations.settings import AttemptSettings

_SECONDS_PER_MINUTE = 60.0


class FakeWrongAttempts:
    """Wrong tries in memory, on a clock of its own. Set `down` to make every use fail."""

    def __init__(self, settings: AttemptSettings | None = None) -> None:
        self.settings = settings or AttemptSettings()
        self.now_seconds = 0.0
        self.down = False
        self._attempts = MemoryWrongAttempts(self.settings, lambda: self.now_seconds)

    def pass_minutes(self, minutes: float) -> None:
        self.now_seconds += minutes * _SECONDS_PER_MINUTE

    async def is_locked(self, subject: AttemptSubject) -> bool:
        self._check()
        return await self._attempts.is_locked(subject)

    async def count_wrong(self, subject: AttemptSubject) -> bool:
        self._check()
        return await self._attempts.count_wrong(subject)

    async def forget_caller(self, caller_number: str) -> None:
        self._check()
        await self._attempts.forget_caller(caller_number)

    def _check(self) -> None:
        if self.down:
            raise AttemptsError("the fake is down")
