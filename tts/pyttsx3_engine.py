"""pyttsx3 (espeak-ng) as a speech engine: the one that works everywhere."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec

from tts.port import Speech
from tts.settings import SpeechSettings
from tts.speakable import speakable
from tts.worker_process import WorkerPool, WorkerSpec


class Pyttsx3Engine:
    """Speaks by pyttsx3 in a worker process."""

    name = "pyttsx3"

    def __init__(self, settings: SpeechSettings) -> None:
        self.voice = f"{settings.pyttsx3_voice} {settings.pyttsx3_rate_wpm} wpm"
        self._max_text_chars = settings.max_text_chars
        self.pool = WorkerPool(
            WorkerSpec(
                name=self.name,
                module="tts.pyttsx3_worker",
                options={
                    "voice": settings.pyttsx3_voice,
                    "rate_wpm": settings.pyttsx3_rate_wpm,
                    "limit_seconds": settings.synthesis_limit_seconds,
                },
                start_limit_seconds=settings.worker_start_limit_seconds,
                answer_limit_seconds=settings.synthesis_limit_seconds,
            ),
            processes=settings.worker_processes,
            queue_size=settings.queue_size,
        )

    @staticmethod
    def is_available() -> bool:
        """Tell whether pyttsx3 and the library of espeak-ng are there."""
        if find_spec("pyttsx3") is None:
            return False
        try:
            ctypes.CDLL("libespeak-ng.so.1")
        except OSError:
            return False
        return True

    async def synthesise(self, text: str) -> Speech:
        """Speak a text at espeak-ng's 22.05 kHz.

        Raises:
            SpeechError: nothing to speak, or the worker failed, was late or has too many texts waiting.
        """
        return await self.pool.speak(speakable(text, self._max_text_chars))

    async def close(self) -> None:
        """End the worker processes."""
        await self.pool.close()
