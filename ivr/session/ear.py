"""What the caller sends, taken all the time and given to whoever asks a question just then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from ivr.audio.port import CallAudio, CallerAudio, KeyPressed
from ivr.listening.echo import EchoEstimator

TYPED_AHEAD_KEYS = 32


class Hearer(Protocol):
    """Takes the caller's frames."""

    def hear(self, pcm16: bytes, echo_db: float) -> None:
        """Take one 20 ms frame, which up to the level `echo_db` may be nothing but our echo."""


class Ear:
    """Pump the caller's audio and keys; between questions audio is dropped and keys may be kept."""

    def __init__(self, audio: CallAudio, echo: EchoEstimator | None = None) -> None:
        self._audio = audio
        self._echo = echo or EchoEstimator()
        self._hearer: Hearer | None = None
        self._press: Callable[[str], None] | None = None
        self._typed_ahead: deque[str] | None = None

    async def run(self) -> None:
        """Pump until the line closes.

        Raises:
            HungUp: always, in the end.
        """
        while True:
            match await self._audio.receive():
                case CallerAudio(pcm16, sent_pcm16):
                    echo_db = self._echo.expect(pcm16, sent_pcm16)
                    if self._hearer is not None:
                        self._hearer.hear(pcm16, echo_db)
                case KeyPressed(key):
                    if self._press is not None:
                        self._press(key)
                    elif self._typed_ahead is not None:
                        self._typed_ahead.append(key)

    @contextmanager
    def lent_to(self, hearer: Hearer, press: Callable[[str], None]) -> Iterator[None]:
        """Give frames and keys to one question while the block runs."""
        self._hearer, self._press = hearer, press
        try:
            yield
        finally:
            self._hearer = self._press = None

    def keep_keys(self) -> None:
        """Keep keys pressed from now on for the next question (the caller hears what leads to it)."""
        self._typed_ahead = deque(maxlen=TYPED_AHEAD_KEYS)

    def take_typed_ahead(self) -> str:
        """Return the kept keys and stop keeping."""
        keys, self._typed_ahead = self._typed_ahead, None
        return "".join(keys or ())
