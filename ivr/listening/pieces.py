"""What one question has heard so far: the pieces of several utterances, parted by pauses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import Hypothesis, RecognitionStream


@dataclass(slots=True, eq=False)
class Piece:
    """One utterance of the gate and what it was understood as, so far or finally."""

    stream: RecognitionStream
    hypothesis: Hypothesis = field(default_factory=lambda: Hypothesis("", 0.0, is_final=False))
    frames_unchanged: int = 0  # since the hypothesis last changed
    word: str | None = None  # the first that may stop a prompt
    frames_with_word: int = 0  # since that word is there
    closed: bool = False  # no more audio; the final is on its way or here

    def frame_passed(self) -> None:
        """Count one frame of audio."""
        self.frames_unchanged += 1
        self.frames_with_word += 1

    def understood(self, hypothesis: Hypothesis, backchannels: Collection[str]) -> None:
        """Take a newer hypothesis; a partial never replaces the final."""
        if self.hypothesis.is_final:
            return
        self.hypothesis = hypothesis
        self.frames_unchanged = 0
        word = _first_word(hypothesis, backchannels)
        if word != self.word:
            self.word, self.frames_with_word = word, 0

    @property
    def settled(self) -> bool:
        """Whether the final hypothesis is here."""
        return self.hypothesis.is_final

    @property
    def only_unknown(self) -> bool:
        """Whether there is no word in it, or none but unknown speech."""
        return not set(self.hypothesis.text.split()) - {UNKNOWN}


def _first_word(hypothesis: Hypothesis, backchannels: Collection[str]) -> str | None:
    for word in hypothesis.text.split():
        if word == UNKNOWN and not hypothesis.is_final:
            return None  # what a partial makes of the middle of unknown speech is mostly wrong
        if word != UNKNOWN and word not in backchannels:
            return word
    return None


def joined(pieces: Collection[Piece]) -> Hypothesis:
    """Read the pieces as one answer: unknown speech alone (a cough between groups) counts only if nothing else does."""
    telling = [piece for piece in pieces if not piece.only_unknown]
    parts = [piece.hypothesis for piece in telling or pieces if piece.hypothesis.text]
    words = [len(part.text.split()) for part in parts]
    confidence = sum(part.confidence * count for part, count in zip(parts, words, strict=True)) / (sum(words) or 1)
    text = " ".join(part.text for part in parts) if telling else (UNKNOWN if parts else "")
    return Hypothesis(text, confidence, is_final=all(part.is_final for part in parts))
