"""The port of understanding: what a caller wants by a free phrase, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dialogs.engine.vocabulary import Intent, Understood

MAX_TEXT_CHARACTERS = 1000
"""Longer speech is cut by the adapters; nobody asks for something with that."""


class UnderstandingError(Exception):
    """A phrase could not be parsed; it says nothing about the phrase."""

    retryable = True


class UnderstandingTimeout(UnderstandingError):
    """No answer within the limit."""


class UnderstandingUnavailable(UnderstandingError):
    """The engine cannot be reached, refuses, or has no model."""


class UnderstandingGarbage(UnderstandingError):
    """The engine answered something else than a parse: asking again will not help."""

    retryable = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A value named in the phrase."""

    name: str
    value: str
    start: int  # in characters of the text as the engine got it
    end: int  # the first character behind it


@dataclass(frozen=True, slots=True)
class RankedIntent:
    """One intent that the phrase may mean, out-of-scope among them."""

    intent: str
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a phrase means."""

    text: str
    intent: str | None  # None: out of scope, or not sure enough
    confidence: float  # 0..1, of the likeliest intent, also when `intent` is None
    entities: tuple[Entity, ...] = ()
    ranking: tuple[RankedIntent, ...] = ()  # likeliest first; for a question «вы про … или про …?»

    @property
    def event(self) -> Understood:
        """What the engine of the dialogue is told."""
        return Understood(tuple(Intent(each.intent, each.confidence) for each in self.ranking))


class Understanding(Protocol):
    """An engine that understands free phrases, shared by all calls."""

    @property
    def name(self) -> str:
        """The engine, as metrics and the command line call it."""

    async def parse(self, text: str) -> Parsed:
        """Say what the phrase means.

        Raises:
            UnderstandingError
        """

    async def check(self) -> None:
        """Return when the engine can parse.

        Raises:
            UnderstandingError: it cannot; the message says why.
        """

    async def close(self) -> None:
        """Release connections."""
