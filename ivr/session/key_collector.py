"""Telephone keys of one question, collected into one entry."""

from __future__ import annotations

import asyncio

from dialogs.engine.vocabulary import KeyEntry


class KeyCollector:
    """Collect keys until the entry is full, the closing key comes, or the caller pauses.

    A key of `lone_keys` pressed first is a command and completes the entry by itself.
    """

    def __init__(self, entry: KeyEntry, deaf_seconds: float = 0.0) -> None:
        """Begin to collect; keys of the first `deaf_seconds` are the rest of an answer that was already taken."""
        loop = asyncio.get_running_loop()
        self._entry = entry
        self._hears_from = loop.time() + deaf_seconds
        self._keys = ""
        self._touched: asyncio.Future[None] = loop.create_future()
        self._complete: asyncio.Future[str] = loop.create_future()
        self._pause: asyncio.TimerHandle | None = None

    def press(self, key: str) -> None:
        """Take one key; keys that the question does not allow, or that come too late, are ignored."""
        if self._complete.done() or asyncio.get_running_loop().time() < self._hears_from:
            return
        closing = key == self._entry.end_key
        if not closing and key not in self._entry.allowed:
            return
        if not self._touched.done():
            self._touched.set_result(None)
        if closing and self._keys:
            self._finish()
            return
        lone = not self._keys and key in self._entry.lone_keys
        self._keys += key
        if lone or closing or len(self._keys) >= self._entry.max_keys:
            self._finish()
            return
        self._stop_pause()
        self._pause = asyncio.get_running_loop().call_later(self._entry.inter_key_seconds, self._finish)

    async def touched(self) -> None:
        """Wait for the first key."""
        await asyncio.shield(self._touched)

    async def entry(self) -> str:
        """Wait for the complete entry, without its closing key."""
        return await asyncio.shield(self._complete)

    def close(self) -> None:
        """Stop the timer."""
        self._stop_pause()

    def _finish(self) -> None:
        self._stop_pause()
        if not self._complete.done():
            self._complete.set_result(self._keys)

    def _stop_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
