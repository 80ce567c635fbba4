"""RHVoice as a speech engine: the better voice, where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tts.port import Speech, SpeechError
from tts.settings import SpeechSettings
from tts.speakable import speakable
from tts.worker_process import WorkerPool, WorkerSpec

_SYSTEM_ROOTS = (Path("/usr/local"), Path("/usr"))


@dataclass(frozen=True, slots=True)
class RHVoiceFiles:
    """Where RHVoice lies on this machine."""

    library: Path
    data: Path


def find_rhvoice(private_root: Path | None, voice: str) -> RHVoiceFiles | None:
    """Look for the C library and the voice: in the private folder of the set-up first, then in the system."""
    roots = [private_root / "usr"] if private_root else []
    for root in (*roots, *_SYSTEM_ROOTS):
        data = root / "share" / "RHVoice"
        if not (data / "voices" / voice.lower()).is_dir():
            continue
        for library in (*sorted(root.glob("lib/*/libRHVoice.so.*")), *sorted(root.glob("lib/libRHVoice.so.*"))):
            return RHVoiceFiles(library.absolute(), data.absolute())
    return None


class RHVoiceEngine:
    """Speaks by RHVoice's C library in a worker process."""

    name = "rhvoice"

    def __init__(self, settings: SpeechSettings) -> None:
        self.voice = f"{settings.rhvoice_voice.lower()} {settings.rhvoice_rate:g}"
        self._max_text_chars = settings.max_text_chars
        self._files = find_rhvoice(settings.rhvoice_dir, settings.rhvoice_voice)
        self.pool: WorkerPool | None = None
        if self._files is not None:
            self.pool = WorkerPool(
                WorkerSpec(
                    name=self.name,
                    module="tts.rhvoice_worker",
                    options={
                        "library": str(self._files.library),
                        "data": str(self._files.data),
                        "voice": settings.rhvoice_voice,
                        "rate": settings.rhvoice_rate,
                        "limit_seconds": settings.synthesis_limit_seconds,
                    },
                    start_limit_seconds=settings.worker_start_limit_seconds,
                    answer_limit_seconds=settings.synthesis_limit_seconds,
                ),
                processes=settings.worker_processes,
                queue_size=settings.queue_size,
            )

    def is_available(self) -> bool:
        """Tell whether the library and the voice's data are there."""
        return self._files is not None

    async def synthesise(self, text: str) -> Speech:
        """Speak a text at the voice's 16 kHz.

        Raises:
            SpeechError: RHVoice is not installed, nothing to speak, or the worker failed, was late or is overloaded.
        """
        if self.pool is None:
            raise SpeechError("RHVoice or its voice is not installed")
        return await self.pool.speak(speakable(text, self._max_text_chars))

    async def close(self) -> None:
        """End the worker processes."""
        if self.pool is not None:
            await self.pool.close()
