from __future__ import annotations

import asyncio
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

from integrations.desk.port import Desk, DeskEvent

LIMIT_SECONDS = 30.0  # a hang fails here


async def first_events(desk: Desk, count: int) -> list[DeskEvent]:
    """Read the first events that the desk keeps."""
    found: list[DeskEvent] = []
    stream: Any = desk.events(from_start=True)
    async with asyncio.timeout(LIMIT_SECONDS), aclosing(stream) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


class Follower:
    """A screen that follows the desk in a task of its own."""

    def __init__(self, desk: Desk, *, from_start: bool = False) -> None:
        self._events = desk.events(from_start=from_start)
        self._seen: asyncio.Queue[DeskEvent] = asyncio.Queue()

    async def next_event(self) -> DeskEvent:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self._seen.get()

    def has_event(self) -> bool:
        return not self._seen.empty()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow(self._events))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self, events: Any) -> None:
        async with aclosing(events) as stream:
            async for event in stream:
                self._seen.put_nowait(event)
