from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from integrations.call_context.context_json import bounded
from integrations.desk.port import DeskError, DeskEvent


class FakeDesk:
    """The desk port in memory. Set `down` to make publishing fail."""

    def __init__(self) -> None:
        self.published: list[DeskEvent] = []
        self.down = False
        self._changed = asyncio.Condition()

    async def publish(self, event: DeskEvent) -> None:
        if self.down:
            raise DeskError("the fake is down")
        async with self._changed:
            self.published.append(replace(event, context=bounded(event.context)))
            self._changed.notify_all()

    async def events(self, *, from_start: bool = False) -> AsyncIterator[DeskEvent]:
        position = 0 if from_start else len(self.published)
        while True:
            async with self._changed:
                while position >= len(self.published):
                    await self._changed.wait()
            yield self.published[position]
            position += 1
