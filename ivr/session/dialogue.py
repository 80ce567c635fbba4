"""The dialogue that a call speaks by, from its first word to its last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dialogs.engine.engine import Engine
from dialogs.nlu.port import Understanding


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Dialogue:
    """One version of the dialogue, with what understands its free phrases; shared by its calls."""

    engine: Engine
    understanding: Understanding

    @property
    def bundle_hash(self) -> str:
        """The version's name."""
        return self.engine.bundle.hash


class Dialogues(Protocol):
    """The versions in force."""

    def for_call(self, call_id: str) -> Dialogue:
        """Return the version that a call which begins now keeps to its end."""


class OneDialogue:
    """A single version for all calls. Implements `Dialogues`."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    def for_call(self, call_id: str) -> Dialogue:
        """Return it."""
        return self._dialogue
