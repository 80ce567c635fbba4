"""The speech port: text in, telephone audio out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class SpeechError(Exception):
    """A text could not be spoken; the caller hears a recorded prompt or goes to an agent."""


class TextRefused(SpeechError):
    """The engine is well, but this text cannot be spoken (too long, nothing to say): trying again is useless."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Mono 16-bit signed little-endian audio; never travels without its rate."""

    pcm16: bytes
    sample_rate_hz: int
    sentence_starts_seconds: tuple[float, ...] = ()  # where each sentence of a prompt begins; empty: not known

    @property
    def seconds(self) -> float:
        """Length of the audio in seconds."""
        return len(self.pcm16) / 2 / self.sample_rate_hz


class SpeechEngine(Protocol):
    """A synthesiser. Adapters: pyttsx3 (always), RHVoice (where installed)."""

    name: str
    voice: str  # names all that changes the sound: voice and speed; part of the cache key

    async def synthesise(self, text: str) -> Speech:
        """Speak Russian text at the engine's own rate and level, off the event loop, with a time limit.

        Raises:
            SpeechError: the engine failed, is missing, or took too long.
        """

    async def close(self) -> None:
        """Stop the engine's workers."""


class PromptSpeech(Protocol):
    """What the line plays: prompt id and text -> 8 kHz telephone audio, levelled, from the best source there is.

    Order: a recorded file for the prompt id, the disk cache, fresh synthesis by the first engine that works.
    """

    async def speech_for(self, text: str, *, recorded: str | None = None, sensitive: bool = False) -> Speech:
        """Return 8 kHz audio of one prompt.

        `recorded` names a sound file that overrides synthesis when it exists. A `sensitive` text (a card number read
        back, a name) is spoken afresh each time and kept nowhere, neither on disk nor in memory.

        Raises:
            SpeechError: no recording exists and every engine failed.
        """
