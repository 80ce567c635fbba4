"""The recogniser port: what the line needs from a speech recogniser, whatever its engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

SAMPLE_RATE_HZ = 8000
"""Telephone audio: mono, 16-bit signed little-endian samples."""


class RecognitionError(Exception):
    """A recogniser could not do its work; the caller's question is asked again by keys."""


class RecogniserOverloaded(RecognitionError):
    """The recogniser has no capacity for one more stream, or fell too far behind its audio."""


class ModelInvalid(RecognitionError):
    """A model folder is missing, truncated or of another kind; the message says which file and why."""


@dataclass(frozen=True, slots=True)
class PhraseList:
    """What the current question expects to hear; an empty list means free speech."""

    phrases: tuple[str, ...] = ()
    allow_unknown: bool = True  # adds [unk], so that other speech is not forced into the nearest phrase
    dictation: bool = False  # a number is dictated: heard by the model's graph for digits, with alternatives


FREE_SPEECH = PhraseList()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of what was said so far."""

    text: str  # lower-case words parted by one space; "[unk]" stands for speech outside the phrase list
    confidence: float  # 0..1, mean over words; 0.0 when empty, and in partials
    is_final: bool
    alternatives: tuple[str, ...] = ()  # other readings of a final, likeliest first; for dictation only
    behind: tuple[float, ...] = ()
    """By how much each alternative is less likely than the text, in the decoder's logarithms; () where nobody knows."""


class RecognitionStream(Protocol):
    """One utterance. Fed from the event loop, decoded off it."""

    def feed(self, pcm16: bytes) -> None:
        """Queue audio (8 kHz, any whole number of samples) without blocking.

        Raises:
            RecogniserOverloaded: the bounded queue is full; the stream is dead after that.
        """

    def partials(self) -> AsyncIterator[Hypothesis]:
        """Yield each changed partial hypothesis until the stream is finished or cancelled; for one reader.

        Raises:
            RecognitionError: decoding failed.
        """

    async def finish(self) -> Hypothesis:
        """Flush what was fed and return the final hypothesis; takes as long as decoding the backlog does.

        Raises:
            RecognitionError: decoding failed.
        """

    def cancel(self) -> None:
        """Throw the stream away; safe at any time and more than once."""


class Recogniser(Protocol):
    """A loaded model, shared by all calls."""

    name: str

    def open_stream(self, phrases: PhraseList) -> RecognitionStream:
        """Start one utterance.

        Raises:
            RecogniserOverloaded: more streams are open than the engine was set up for.
        """

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return the words of the list that this model can never hear."""

    async def close(self) -> None:
        """Release the model and its threads."""
