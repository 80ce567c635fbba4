"""A synthesiser for unit tests, held to the same contract as the real ones: a tone whose length follows the text."""

from __future__ import annotations

import asyncio

import numpy as np

from tts.port import Speech, SpeechError
from tts.speakable import speakable

SECONDS_PER_CHARACTER = 0.05


def tone(seconds: float, *, rate_hz: int = 16000, level: float = 0.3, frequency_hz: float = 440.0) -> Speech:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return Speech((level * 32767 * np.sin(2 * np.pi * frequency_hz * time)).astype("<i2").tobytes(), rate_hz)


class ToneEngine:
    """Counts what it speaks; can be told to fail or to hang."""

    def __init__(self, name: str = "tone", voice: str = "a4") -> None:
        self.name = name
        self.voice = voice
        self.spoken: list[str] = []
        self.fails_with: Exception | None = None
        self.gate: asyncio.Event | None = None  # when set, texts wait for it
        self.asked = asyncio.Event()
        self.closed = False

    async def synthesise(self, text: str) -> Speech:
        text = speakable(text, 2000)
        self.asked.set()
        if self.closed:
            raise SpeechError("closed")
        if self.gate is not None:
            await self.gate.wait()
        if self.fails_with is not None:
            raise self.fails_with
        self.spoken.append(text)
        return tone(SECONDS_PER_CHARACTER * len(text))

    async def close(self) -> None:
        self.closed = True
