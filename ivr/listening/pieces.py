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
    closed: bool = False  # no more audio; the final is on its way or here

    def understood(self, hypothesis: Hypothesis) -> None:
        """Take a newer hypothesis; a partial never replaces the final."""
        if not self.hypothesis.is_final:
            self.hypothesis = hypothesis
            self.frames_unchanged = 0

    @property
    def settled(self) -> bool:
        """Whether the final hypothesis is here."""
        return self.hypothesis.is_final

    def says_more_than(self, ignored: Collection[str]) -> bool:
        """Whether it carries a word other than these and unknown speech."""
        return any(word != UNKNOWN and word not in ignored for word in self.hypothesis.text.split())


def joined(pieces: Collection[Piece]) -> Hypothesis:
    """Read the pieces as one answer: unknown speech alone (a cough between groups) counts only if nothing else does."""
    telling = [piece for piece in pieces if piece.says_more_than(())]
    parts = [piece.hypothesis for piece in telling or pieces if piece.hypothesis.text]
    words = [len(part.text.split()) for part in parts]
    confidence = sum(part.confidence * count for part, count in zip(parts, words, strict=True)) / (sum(words) or 1)
    text = " ".join(part.text for part in parts) if telling else (UNKNOWN if parts else "")
    return Hypothesis(text, confidence, is_final=all(part.is_final for part in parts))
