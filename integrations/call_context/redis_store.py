"""Call contexts in Redis: JSON values that expire."""

from __future__ import annotations

from typing import Any

import structlog

from integrations.call_context.context_json import context_from_json, context_to_json
from integrations.call_context.port import CallContext, CallContextError, CallContextGarbage
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings

_log = structlog.get_logger()


class RedisCallContextStore:
    """The call-context port over Redis. Every write renews the retention time."""

    def __init__(self, link: RedisLink, retention: RetentionSettings) -> None:
        self._link = link
        self._retention_ms = max(1, round(retention.call_context_hours * 3_600_000))

    async def save(self, context: CallContext) -> None:
        """Write or replace the context under its key; the transcript keeps its newest 50 entries."""
        value = context_to_json(context)
        async with self._link.limited(CallContextError, "save context"):
            await self._link.client.set(self._link.key("context", context.key), value, px=self._retention_ms)

    async def load(self, key: str) -> CallContext | None:
        """Read a context; None when unknown or expired.

        Raises:
            CallContextError; CallContextGarbage when the stored value cannot be read.
        """
        async with self._link.limited(CallContextError, "load context"):
            value = await self._get("context", key)
        if value is None:
            return None
        try:
            return context_from_json(value)
        except CallContextGarbage as error:
            _log.error("stored call context is garbage", reason=str(error), size_bytes=len(value))
            raise

    async def save_dialogue_state(self, call_id: str, state: bytes) -> None:
        """Keep the engine's serialised state of a live call."""
        async with self._link.limited(CallContextError, "save dialogue state"):
            await self._link.client.set(self._link.key("dialogue", call_id), state, px=self._retention_ms)

    async def load_dialogue_state(self, call_id: str) -> bytes | None:
        """Read the state of a live call; None when unknown or expired."""
        async with self._link.limited(CallContextError, "load dialogue state"):
            return await self._get("dialogue", call_id)

    async def _get(self, *key: str) -> bytes | None:
        value: Any = await self._link.client.get(self._link.key(*key))
        return None if value is None else bytes(value)
