"""A bounded stream of manager events for one reader."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType

from ivr.ami.messages import AmiEvent


class AmiSubscription:
    """Async iterator of events, over reconnects, until closed. When its queue is full, the oldest event is dropped."""

    def __init__(
        self,
        event_names: tuple[str, ...],
        queue_size: int,
        on_close: Callable[[AmiSubscription], None],
    ) -> None:
        self._names = frozenset(name.lower() for name in event_names)
        self._events: deque[AmiEvent] = deque(maxlen=queue_size)
        self._ready = asyncio.Event()
        self._on_close = on_close
        self._closed = False
        self.dropped = 0

    def wants(self, event_name: str) -> bool:
        """Say whether the event was subscribed to."""
        return not self._names or event_name.lower() in self._names

    def put(self, event: AmiEvent) -> bool:
        """Queue an event; False when the oldest one had to go for it."""
        full = len(self._events) == self._events.maxlen
        self.dropped += full
        self._events.append(event)
        self._ready.set()
        return not full

    def close(self) -> None:
        """End the stream; what is queued can still be read."""
        self._closed = True
        self._ready.set()
        self._on_close(self)

    def __enter__(self) -> AmiSubscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> AmiSubscription:
        return self

    async def __anext__(self) -> AmiEvent:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        return self._events.popleft()
