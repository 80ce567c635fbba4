"""The context of each live call: newest version in memory, written to the store as it changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from integrations.call_context.port import CallContext, CallContextError, CallContextStore
from ivr.observability.metrics import Metrics

log = structlog.get_logger()

REMEMBERED_CONTEXTS = 500
"""Contexts kept in memory, so that the desk shows a card even while the store is down."""


class ContextKeeper:
    """Keep contexts of this worker's calls; one write at a time per call, only the newest version is written."""

    def __init__(self, store: CallContextStore, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._newest: OrderedDict[str, CallContext] = OrderedDict()
        self._dirty: set[str] = set()
        self._writers: dict[str, asyncio.Task[None]] = {}

    def keep(self, context: CallContext) -> None:
        """Take a new version; the write happens in the background."""
        self._newest[context.key] = context
        self._newest.move_to_end(context.key)
        while len(self._newest) > REMEMBERED_CONTEXTS:
            forgotten, _ = self._newest.popitem(last=False)
            self._dirty.discard(forgotten)
        self._dirty.add(context.key)
        if context.key not in self._writers:
            self._writers[context.key] = asyncio.get_running_loop().create_task(self._write(context.key))

    async def flush(self, key: str, limit_seconds: float) -> None:
        """Wait until the newest version is written, or the limit has passed."""
        writer = self._writers.get(key)
        if writer is not None:
            await asyncio.wait({writer}, timeout=limit_seconds)

    async def find(self, key: str) -> CallContext | None:
        """Return a context of this worker, or of another one from the store; None when unknown or out of reach."""
        if key in self._newest:
            return self._newest[key]
        try:
            return await self._store.load(key)
        except CallContextError as error:
            self._metrics.errors.labels("call_context").inc()
            log.warning("context could not be read", error=str(error))
            return None

    async def close(self) -> None:
        """Stop background writes."""
        for writer in tuple(self._writers.values()):
            writer.cancel()
        await asyncio.gather(*self._writers.values(), return_exceptions=True)

    async def _write(self, key: str) -> None:
        try:
            while key in self._dirty:
                self._dirty.discard(key)
                try:
                    await self._store.save(self._newest[key])
                except CallContextError as error:
                    self._metrics.errors.labels("call_context").inc()
                    log.warning("context could not be written", error=str(error))
        finally:
            # here and not in a done callback: a version kept between the two would find a writer that writes no more
            del self._writers[key]
