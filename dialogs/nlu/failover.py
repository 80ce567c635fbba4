"""Understanding that stays up: one engine is preferred, the other stands in for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from dialogs.nlu.port import Parsed, Understanding, UnderstandingError, UnderstandingUnavailable

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ParseTried:
    """One engine was asked for one phrase: what metrics count."""

    engine: str
    seconds: float
    error: str | None  # name of the error's class; None: it answered
    stood_in: bool  # the other engine was the preferred one


def _ignore(tried: ParseTried) -> None:
    pass


class FailoverUnderstanding:
    """`Understanding` over two others.

    An engine that fails `failures_to_leave` times in a row is left, so that callers do not wait for it; `watch` asks
    for its health and goes back. Whichever is asked first, a phrase that one cannot parse goes to the other.
    """

    def __init__(
        self,
        preferred: Understanding,
        other: Understanding,
        *,
        failures_to_leave: int = 2,
        check_seconds: float = 5.0,
        on_tried: Callable[[ParseTried], None] = _ignore,
    ) -> None:
        self._preferred = preferred
        self._other = other
        self._failures_to_leave = failures_to_leave
        self._check_seconds = check_seconds
        self._on_tried = on_tried
        self._failures = 0  # of the preferred one, in a row

    @property
    def name(self) -> str:
        """The engine that is asked first now."""
        return self._order()[0].name

    @property
    def preferred_is_up(self) -> bool:
        """Say whether the preferred engine is asked first."""
        return self._failures < self._failures_to_leave

    async def parse(self, text: str) -> Parsed:
        """Ask the one, and the other when it fails.

        Raises:
            UnderstandingUnavailable: both failed.
        """
        for engine in self._order():
            parsed = await self._try(engine, text)
            if parsed is not None:
                return parsed
        raise UnderstandingUnavailable("no engine could parse the phrase")

    async def check(self) -> None:
        """Return when either engine can parse."""
        try:
            await self._preferred.check()
        except UnderstandingError:
            await self._other.check()

    async def watch(self) -> None:
        """Keep looking after the preferred engine's health, until cancelled."""
        while True:
            await self.look_after()
            await asyncio.sleep(self._check_seconds)

    async def look_after(self) -> None:
        """Check the preferred engine once: leave it when it is down, go back when it is up again."""
        try:
            await self._preferred.check()
        except UnderstandingError as error:
            if self.preferred_is_up:
                _log.warning("understanding: engine is down", engine=self._preferred.name, reason=str(error))
            self._failures = self._failures_to_leave
        else:
            if not self.preferred_is_up:
                _log.info("understanding: engine is back", engine=self._preferred.name)
                self._failures = 0

    async def close(self) -> None:
        """Close both, the second also when the first cannot be closed."""
        try:
            await self._preferred.close()
        finally:
            await self._other.close()

    def _order(self) -> tuple[Understanding, Understanding]:
        both = (self._preferred, self._other)
        return both if self.preferred_is_up else (self._other, self._preferred)

    async def _try(self, engine: Understanding, text: str) -> Parsed | None:
        started = time.perf_counter()
        stood_in = engine is self._other
        try:
            parsed = await engine.parse(text)
        except UnderstandingError as error:
            self._on_tried(ParseTried(engine.name, time.perf_counter() - started, type(error).__name__, stood_in))
            if not stood_in:
                self._count_failure(error)
            return None
        self._on_tried(ParseTried(engine.name, time.perf_counter() - started, None, stood_in))
        if not stood_in:
            self._failures = 0
        return parsed

    def _count_failure(self, error: UnderstandingError) -> None:
        was_up = self.preferred_is_up
        self._failures += 1
        if was_up and not self.preferred_is_up:
            _log.warning("understanding: engine is left", engine=self._preferred.name, reason=str(error))
