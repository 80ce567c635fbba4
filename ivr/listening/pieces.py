"""What one question has got so far: the pieces of several utterances, parted by pauses, and keys between them."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import Hypothesis, RecognitionStream
from asr_models.voice_activity import SILENCE_DB
from ivr.listening.question_grammar import QuestionGrammar

_READINGS = 48
"""Of all pieces together. Four groups of a card with a doubtful digit in two of them have some forty."""
_VOICED_FRAMES = 2
_FAR_DB = 10.0  # quieter than the loudest piece with words


@dataclass(slots=True, eq=False)
class Piece:
    """One utterance of the gate and what it was understood as, so far or finally; or one run of keys."""

    stream: RecognitionStream | None  # None: keys
    hypothesis: Hypothesis = field(default_factory=lambda: Hypothesis("", 0.0, is_final=False))
    wordy: bool = False  # carries words that the recogniser was to listen for
    tells: bool = False  # carries words of the question: enough to stop a prompt
    frames_telling: int = 0  # since it does
    closed: bool = False  # no more audio; the final is on its way or here
    level_db: float = SILENCE_DB  # of its loudest tenth of a second
    voiced: bool = False  # there was a voice in it, as loud as the caller's; whispering has none, nor has noise

    @classmethod
    def of_keys(cls, keys: str) -> Piece:
        """Make a piece of keys: settled, and telling by itself."""
        return cls(None, Hypothesis(keys, 1.0, is_final=True), closed=True)

    def frame_passed(self, periodic_frames: int, level_db: float = SILENCE_DB) -> None:
        """Count one frame; so many of the utterance had the pitch of a voice, its loudest moment has this level."""
        self.voiced = periodic_frames >= _VOICED_FRAMES
        self.level_db = max(self.level_db, level_db)  # none any more with the frame that closes the gate
        self.frames_telling += 1

    def understood(self, hypothesis: Hypothesis, grammar: QuestionGrammar) -> None:
        """Take a newer hypothesis; a partial never replaces the final."""
        if self.hypothesis.is_final:
            return
        self.hypothesis = hypothesis
        text = hypothesis.text
        if not hypothesis.is_final:
            text = text.partition(UNKNOWN)[0]  # what a partial makes of the middle of unknown speech is mostly wrong
        told = self.tells
        self.wordy, self.tells = grammar.has_words(text), grammar.tells(text)
        if self.tells and not told:
            self.frames_telling = 0

    def key_pressed(self, key: str) -> None:
        """Lengthen the run of keys."""
        self.hypothesis = Hypothesis(self.hypothesis.text + key, 1.0, is_final=True)

    @property
    def is_keys(self) -> bool:
        """Whether it was pressed and not spoken."""
        return self.stream is None

    @property
    def settled(self) -> bool:
        """Whether the final hypothesis is here."""
        return self.hypothesis.is_final

    @property
    def only_unknown(self) -> bool:
        """Whether there is no word in it, or none but unknown speech."""
        return not set(self.hypothesis.text.split()) - {UNKNOWN}


def joined(pieces: Collection[Piece], pause: str = " ") -> Hypothesis:
    """Read the pieces as one answer, with `pause` between them.

    Unknown speech alone, words without a near voice (clatter, a neighbour) and words far quieter than others (people
    behind the caller) count only if nothing else does.
    """
    worded = [piece for piece in pieces if not piece.only_unknown]
    near = [piece for piece in worded if piece.voiced] or worded
    behind = far_behind(pieces)
    telling = [piece for piece in worded if piece.is_keys or (piece in near and piece not in behind)]
    parts = [piece.hypothesis for piece in telling or pieces if piece.hypothesis.text]
    words = [len(part.text.split()) for part in parts]
    confidence = sum(part.confidence * count for part, count in zip(parts, words, strict=True)) / (sum(words) or 1)
    is_final = all(part.is_final for part in parts)
    if not telling:
        return Hypothesis(UNKNOWN if parts else "", confidence, is_final)
    text, *others = _readings(parts, pause)
    return Hypothesis(text, confidence, is_final, tuple(others))


def far_behind(pieces: Collection[Piece]) -> list[Piece]:
    """Return the spoken pieces far quieter than the loudest one with words."""
    worded = [piece for piece in pieces if not piece.only_unknown]
    near_db = max((piece.level_db for piece in worded if piece.voiced), default=SILENCE_DB) - _FAR_DB
    return [piece for piece in pieces if not piece.is_keys and piece.level_db < near_db]


def _readings(parts: Sequence[Hypothesis], pause: str) -> list[str]:
    """Combine the readings of the parts, likeliest first."""
    combined: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for part in parts:
        longer = ((behind + more, (*said, reading)) for behind, said in combined for more, reading in _with_odds(part))
        combined = heapq.nsmallest(_READINGS + 1, longer, key=lambda ranked: ranked[0])
    return list(dict.fromkeys(pause.join(said) for _, said in combined))


def _with_odds(part: Hypothesis) -> Iterator[tuple[float, str]]:
    behind = part.behind or range(1, len(part.alternatives) + 1)
    return zip((0.0, *behind), (part.text, *part.alternatives), strict=True)
