"""Barge-in in two steps: speech-like sound holds the prompt at once, words stop it, anything else lets it go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from asr_models.speech_gate import FRAME_SECONDS, SpeechGate
from ivr.listening.pieces import Piece
from ivr.listening.settings import BargeInSettings


class HeldPrompt(Protocol):
    """A prompt that may be silenced for a while."""

    def hold(self) -> None:
        """Fall silent within one frame and remember the place."""

    def go_on(self) -> None:
        """Speak on from a place that makes sense."""


class BargeIn:
    """One question's prompt against what the caller sends. Time is counted in frames."""

    def __init__(self, settings: BargeInSettings, prompt: HeldPrompt | None) -> None:
        """Watch from the prompt's start; without a prompt to hold only words count."""
        self._settings = settings
        self._prompt = prompt
        self._held_frames: int | None = None  # None: the prompt plays
        self._judged: Piece | None = None  # held the prompt already
        self._over = False
        self._words = asyncio.Event()
        self.false_holds = 0

    @property
    def happened(self) -> bool:
        """Whether words were spoken into the prompt."""
        return self._words.is_set()

    @property
    def is_held(self) -> bool:
        """Whether the prompt is silent until what is being said is understood."""
        return self._held_frames is not None

    async def words(self) -> None:
        """Wait for words that stop the prompt."""
        await self._words.wait()

    def prompt_ended(self) -> None:
        """Watch no more: the prompt was played or stopped."""
        self._over = True
        self._held_frames = None

    def frame_passed(self) -> None:
        """Count one frame from the caller."""
        if self._held_frames is not None:
            self._held_frames += 1

    def weigh(self, gate: SpeechGate, pieces: Sequence[Piece]) -> None:
        """Hold the prompt, let it go on or call it stopped, by what is known now."""
        if self._over:
            return
        if any(self._tells(piece) for piece in pieces):
            self.prompt_ended()
            self._words.set()
        elif self._held_frames is None:
            if gate.is_open and gate.voiced_frames >= self._settings.hold_frames and self._may_hold(pieces[-1]):
                self._judged = pieces[-1]
                self._hold()
        elif self._was_nothing(gate, pieces):
            self._go_on()

    def _tells(self, piece: Piece) -> bool:
        # In a partial a word may flare up and vanish.
        lasting = piece.settled or piece.frames_with_word * FRAME_SECONDS >= self._settings.word_seconds
        return piece.word is not None and lasting

    def _may_hold(self, piece: Piece) -> bool:
        return self.false_holds < self._settings.false_holds and piece is not self._judged

    def _was_nothing(self, gate: SpeechGate, pieces: Sequence[Piece]) -> bool:
        assert self._held_frames is not None
        if not gate.is_open and all(piece.settled for piece in pieces):
            return True
        if any(piece.word is not None for piece in pieces):
            return False  # it lasts soon, or vanishes
        spoken = any(piece.hypothesis.text for piece in pieces)
        limit_seconds = self._settings.wordless_hold_seconds if spoken else self._settings.silent_hold_seconds
        return self._held_frames * FRAME_SECONDS >= limit_seconds

    def _hold(self) -> None:
        self._held_frames = 0
        if self._prompt is not None:
            self._prompt.hold()

    def _go_on(self) -> None:
        self._held_frames = None
        self.false_holds += 1
        if self._prompt is not None:
            self._prompt.go_on()
