"""Barge-in in two steps: speech-like sound holds the prompt at once, words stop it, anything else lets it go on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import FRAME_SECONDS
from ivr.listening.background import Background
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

    def __init__(self, settings: BargeInSettings, prompt: HeldPrompt | None, background: Background) -> None:
        """Watch from the prompt's start; without a prompt to hold only words count."""
        self._settings = settings
        self._prompt = prompt
        self._background = background
        self._held_db: list[float] | None = None  # levels of the frames since it is held; None: the prompt plays
        self._armed = True  # nothing prominent has been going on since the prompt was held last
        self._prominent: deque[bool] = deque(maxlen=round(1.5 * settings.hold_frames))
        self._over = False
        self._words = asyncio.Event()
        self.false_holds = 0

    @property
    def happened(self) -> bool:
        """Whether words were spoken into the prompt."""
        return self._words.is_set()

    async def words(self) -> None:
        """Wait for words that stop the prompt."""
        await self._words.wait()

    def prompt_ended(self) -> None:
        """Watch no more: the prompt was played or stopped."""
        self._over = True
        self._held_db = None

    def hearing_failed(self) -> None:
        """Let the prompt be heard to its end: nobody listens any more."""
        if self._held_db is not None:
            self._go_on()
        self.prompt_ended()

    def frame_passed(self, gate: SpeechGate) -> None:
        """Take the frame that the gate has just judged."""
        if self._over:
            return
        if self._held_db is None:
            self._background.take(gate.frame_db)
        else:
            self._held_db.append(gate.frame_db)
        prominent_db = self._background.loud_db + self._settings.prominence_db if gate.frame_is_voiced else 0.0
        self._prominent.append(gate.frame_is_voiced and gate.frame_db >= prominent_db)
        self._armed = self._armed or not any(self._prominent)

    def weigh(self, gate: SpeechGate, pieces: Sequence[Piece]) -> None:
        """Hold the prompt, let it go on or call it stopped, by what is known now."""
        if self._over:
            return
        if any(self._tells(piece) for piece in pieces):
            if self._held_db is None:
                self._background.forget_newest()
            self.prompt_ended()
            self._words.set()
        elif self._held_db is None:
            if gate.is_open and self._may_hold() and sum(self._prominent) >= self._settings.hold_frames:
                self._hold()
        elif self._was_nothing(gate, pieces):
            self._go_on()

    def _tells(self, piece: Piece) -> bool:
        if not piece.voiced:
            return False
        if piece.settled:
            return piece.tells and piece.hypothesis.confidence >= self._settings.min_confidence
        # In a partial a word may flare up and vanish.
        return piece.tells and piece.frames_telling * FRAME_SECONDS >= self._settings.word_seconds

    def _may_hold(self) -> bool:
        return self._armed and self.false_holds < self._settings.false_holds

    def _was_nothing(self, gate: SpeechGate, pieces: Sequence[Piece]) -> bool:
        assert self._held_db is not None
        if not gate.is_open and all(piece.settled for piece in pieces):
            return True
        if any(piece.wordy for piece in pieces):
            limit_seconds = self._settings.longest_hold_seconds
        elif any(piece.hypothesis.text for piece in pieces):
            limit_seconds = self._settings.unknown_hold_seconds
        else:
            limit_seconds = self._settings.silent_hold_seconds
        return len(self._held_db) * FRAME_SECONDS >= limit_seconds

    def _hold(self) -> None:
        self._held_db = self._background.forget_newest()
        self._armed = False
        if self._prompt is not None:
            self._prompt.hold()

    def _go_on(self) -> None:
        for frame_db in self._held_db or ():  # it was background after all
            self._background.take(frame_db)
        self._held_db = None
        self.false_holds += 1
        if self._prompt is not None:
            self._prompt.go_on()
