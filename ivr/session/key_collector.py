"""Telephone keys of one question, collected into one entry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dialogs.engine.vocabulary import KeyEntry


class KeyCollector:
    """Collect keys until the entry is full, the closing key comes, or the caller pauses.

    A key of `lone_keys` pressed first is a command and completes the entry by itself.
    """

    def __init__(
        self, entry: KeyEntry, deaf_seconds: float = 0.0, is_spoken: Callable[[], bool] = lambda: False
    ) -> None:
        """Begin to collect; keys of the first `deaf_seconds` are the rest of an answer that was already taken.

        `is_spoken` says whether digits of the same number are dictated as well: a digit is then no command, and a pause
        between keys ends nothing.
        """
        loop = asyncio.get_running_loop()
        self.closed_by_key = False
        self._entry = entry
        self._is_spoken = is_spoken
        self._hears_from = loop.time() + deaf_seconds
        self._keys = ""
        self._touched: asyncio.Future[None] = loop.create_future()
        self._complete: asyncio.Future[str] = loop.create_future()
        self._pause: asyncio.TimerHandle | None = None

    @property
    def keys(self) -> str:
        """The keys so far."""
        return self._keys

    def press(self, key: str) -> bool:
        """Take one key; those that the question does not allow, or that come too late, are ignored (False)."""
        if self._complete.done() or asyncio.get_running_loop().time() < self._hears_from:
            return False
        closing = key == self._entry.end_key
        if not closing and key not in self._entry.allowed:
            return False
        if not self._touched.done():
            self._touched.set_result(None)
        self.closed_by_key = closing
        spoken = self._is_spoken()
        if closing and (self._keys or spoken):
            self._finish()
            return True
        lone = not self._keys and key in self._entry.lone_keys and not (spoken and key.isdecimal())
        self._keys += key
        if lone or closing or len(self._keys) >= self._entry.max_keys:
            self._finish()
        else:
            self._wait_for_pause()
        return True

    async def touched(self) -> None:
        """Wait for the first key."""
        await asyncio.shield(self._touched)

    async def entry(self) -> str:
        """Wait for the complete entry, without its closing key."""
        return await asyncio.shield(self._complete)

    def close(self) -> None:
        """Stop the timer."""
        self._stop_pause()

    def _wait_for_pause(self) -> None:
        self._stop_pause()
        self._pause = asyncio.get_running_loop().call_later(self._entry.inter_key_seconds, self._pause_over)

    def _pause_over(self) -> None:
        if self._is_spoken():
            self._wait_for_pause()
        else:
            self._finish()

    def _finish(self) -> None:
        self._stop_pause()
        if not self._complete.done():
            self._complete.set_result(self._keys)

    def _stop_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
