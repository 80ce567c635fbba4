"""Desk events as a bounded Redis stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import time
from typing import Any

import structlog
from redis.asyncio import Redis

from integrations.desk.event_json import DeskEventGarbage, event_from_json, event_to_json
from integrations.desk.port import DeskError, DeskEvent
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings

_log = structlog.get_logger()

_FIELD = b"event"
_BLOCK_SECONDS = 1.0
_BATCH = 100
_BACK_OFF_FIRST_SECONDS = 0.05
_BACK_OFF_LAST_SECONDS = 2.0


class RedisDesk:
    """The desk port over a Redis stream, trimmed by count and, since cards are personal data, by age."""

    def __init__(self, link: RedisLink, retention: RetentionSettings) -> None:
        self._link = link
        self._key = link.key("desk")
        self._kept_events = retention.desk_events
        self._kept_ms = max(1, round(retention.call_context_hours * 3_600_000))
        self.skipped_entries = 0  # that could not be read
        self.reconnects = 0  # of followers

    async def publish(self, event: DeskEvent) -> None:
        """Append an event for every screen. One that is sent twice over a broken connection may appear twice."""
        value = event_to_json(event)
        oldest_ms = round(time() * 1000) - self._kept_ms
        async with self._link.limited(DeskError, "publish desk event"), self._link.client.pipeline() as pipe:
            pipe.xadd(self._key, {_FIELD: value}, maxlen=self._kept_events, approximate=True)
            pipe.xtrim(self._key, minid=oldest_ms, approximate=False)
            pipe.pexpire(self._key, self._kept_ms)
            await pipe.execute()

    async def events(self, *, from_start: bool = False) -> AsyncIterator[DeskEvent]:
        """Follow events as they come; survives restarts of Redis.

        Without `from_start` it begins where the stream ends when the first event is awaited. A reader that falls
        behind by more than the stream keeps goes on with the oldest event kept.
        """
        position = b"0-0" if from_start else None
        back_off_seconds = _BACK_OFF_FIRST_SECONDS
        client = self._link.open_follower(_BLOCK_SECONDS)
        try:
            while True:
                try:
                    if position is None:
                        position = await self._last_id(client)
                    entries = await self._read_after(client, position)
                except DeskError as error:
                    self.reconnects += 1
                    _log.warning("desk events out of reach", reason=str(error), again_in_seconds=back_off_seconds)
                    await asyncio.sleep(back_off_seconds)
                    back_off_seconds = min(back_off_seconds * 2, _BACK_OFF_LAST_SECONDS)
                    continue
                back_off_seconds = _BACK_OFF_FIRST_SECONDS
                for position, fields in entries:
                    event = self._readable(position, fields)
                    if event is not None:
                        yield event
        finally:
            await client.aclose()

    async def _last_id(self, client: Redis) -> bytes:
        async with self._link.limited(DeskError, "find the end of desk events"):
            newest: Any = await client.xrevrange(self._key, count=1)
        return bytes(newest[0][0]) if newest else b"0-0"

    async def _read_after(self, client: Redis, position: bytes) -> list[tuple[bytes, dict[bytes, bytes]]]:
        limit_seconds = _BLOCK_SECONDS + self._link.settings.limit_seconds
        async with self._link.limited(DeskError, "follow desk events", limit_seconds=limit_seconds):
            streams: Any = await client.xread({self._key: position}, count=_BATCH, block=round(_BLOCK_SECONDS * 1000))
        return list(streams[0][1]) if streams else []

    def _readable(self, entry_id: bytes, fields: dict[bytes, bytes]) -> DeskEvent | None:
        try:
            return event_from_json(fields.get(_FIELD, b""))
        except DeskEventGarbage as error:
            self.skipped_entries += 1
            _log.error(
                "desk event skipped: garbage",
                entry=entry_id.decode(),
                reason=str(error),
                skipped_entries=self.skipped_entries,
            )
            return None
