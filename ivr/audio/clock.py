"""One 20 ms clock for all calls: a single timer wakes the loop, every call sends its frame, and it sleeps again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from ivr.audio.port import FRAME_SECONDS

log = structlog.get_logger()

CATCH_UP_FRAMES = 3
"""Ticks made up for after a stall; a longer gap is skipped, since bursts are lost in phones' jitter buffers."""


class FrameClock:
    """Call each subscriber once per 20 ms of wall-clock time."""

    def __init__(self, on_late: Callable[[float], None] | None = None) -> None:
        self._subscribers: dict[object, Callable[[], None]] = {}
        self._on_late = on_late
        self._timer: asyncio.TimerHandle | None = None
        self._next_tick = 0.0
        self.skipped_ticks = 0

    def subscribe(self, owner: object, on_tick: Callable[[], None]) -> None:
        """Start calling `on_tick` on each tick; the clock runs while anybody listens."""
        self._subscribers[owner] = on_tick
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._next_tick = loop.time() + FRAME_SECONDS
            self._timer = loop.call_at(self._next_tick, self._tick)

    def unsubscribe(self, owner: object) -> None:
        """Stop calling; safe when not subscribed."""
        self._subscribers.pop(owner, None)
        if not self._subscribers and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        late = loop.time() - self._next_tick
        if self._on_late is not None:
            self._on_late(late)
        due = 1 + int(late / FRAME_SECONDS)
        if due > CATCH_UP_FRAMES:
            self.skipped_ticks += due - CATCH_UP_FRAMES
            self._next_tick += (due - CATCH_UP_FRAMES) * FRAME_SECONDS
            due = CATCH_UP_FRAMES
        for _ in range(due):
            for owner, on_tick in tuple(self._subscribers.items()):
                try:
                    on_tick()
                except Exception:  # one broken call must not stop the clock of all the others
                    log.exception("a call broke on its tick and gets no more of them")
                    self._subscribers.pop(owner, None)
            self._next_tick += FRAME_SECONDS
        self._timer = loop.call_at(self._next_tick, self._tick) if self._subscribers else None
