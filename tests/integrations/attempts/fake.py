from __future__ import annotations

from integrations.attempts.memory_attempts import MemoryWrongAttempts
from integrations.attempts.port import AttemptsError, AttemptSubject
from integrations.settings import AttemptSettings

_SECONDS_PER_MINUTE = 60.0


class FakeWrongAttempts(MemoryWrongAttempts):
    """Wrong tries in memory, on a clock of its own. Set `down` to make every use fail."""

    def __init__(self, settings: AttemptSettings | None = None) -> None:
        super().__init__(settings or AttemptSettings(), lambda: self.now_seconds)
        self.now_seconds = 0.0
        self.down = False

    def pass_minutes(self, minutes: float) -> None:
        self.now_seconds += minutes * _SECONDS_PER_MINUTE

    async def is_locked(self, subject: AttemptSubject) -> bool:
        self._check()
        return await super().is_locked(subject)

    async def count_wrong(self, subject: AttemptSubject) -> bool:
        self._check()
        return await super().count_wrong(subject)

    async def forget_caller(self, caller_number: str) -> None:
        self._check()
        await super().forget_caller(caller_number)

    def _check(self) -> None:
        if self.down:
            raise AttemptsError("the fake is down")
