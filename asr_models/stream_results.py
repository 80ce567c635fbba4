"""What a stream has come to: its newest partial hypothesis and its end. Belongs to the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asr_models.port import Hypothesis, RecognitionError


class StreamCancelled(RecognitionError):
    """Its owner threw the stream away: an ending, not a failure."""

    def __init__(self) -> None:
        super().__init__("the stream was cancelled")


class StreamResults:
    """Handed from whoever decodes to whoever listens."""

    def __init__(self) -> None:
        self._partial: Hypothesis | None = None
        self._news = asyncio.Event()
        self._outcome: Hypothesis | RecognitionError | None = None
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether the final hypothesis or a failure is here."""
        return self._outcome is not None

    def tell(self, partial: Hypothesis) -> None:
        """Replace the newest partial hypothesis."""
        self._partial = partial
        self._news.set()

    def end(self, outcome: Hypothesis | RecognitionError) -> bool:
        """Take the outcome; the first one counts. Return whether it was."""
        if self._outcome is not None:
            return False
        self._outcome = outcome
        self._over.set()
        self._news.set()
        return True

    async def partials(self) -> AsyncIterator[Hypothesis]:
        """Yield each changed partial hypothesis, skipping those nobody waited for.

        Raises:
            RecognitionError: decoding failed.
        """
        seen: Hypothesis | None = None
        while self._outcome is None:
            await self._news.wait()
            self._news.clear()
            if self._outcome is None and self._partial is not None and self._partial is not seen:
                seen = self._partial
                yield seen
        if isinstance(self._outcome, RecognitionError) and not isinstance(self._outcome, StreamCancelled):
            raise self._outcome

    async def final(self) -> Hypothesis:
        """Wait for the end; whoever calls bounds the wait.

        Raises:
            RecognitionError: decoding failed, or the stream was cancelled.
        """
        await self._over.wait()
        assert self._outcome is not None
        if isinstance(self._outcome, RecognitionError):
            raise self._outcome
        return self._outcome
