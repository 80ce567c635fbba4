"""Utterances put together from clips of one speaker: dictated groups with pauses, hesitations, short answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from asr_models.trainer.clips import BANK_RATE_HZ, OUTSIDE, AlignedClip
from asr_models.trainer.number_texts import DIGITS, number_vocabulary
from asr_models.trainer.texts import FILLERS

_MARGIN_SECONDS = 0.05  # kept around the words of a clip
_SHORTEST_DICTATION = 5  # clips of numbers that a speaker must have to dictate
_LONGEST_SECONDS = 14.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A clip, or a part of it, at its place in an utterance."""

    clip: AlignedClip
    start_seconds: float  # of the part in the clip
    end_seconds: float
    pause_seconds: float  # of silence before it
    gain: float
    speed: float  # a little difference from one piece to the next


@dataclass(frozen=True, slots=True)
class Composition:
    """Pieces of one speaker in their order, and the silence after the last."""

    pieces: tuple[Piece, ...]
    end_pause_seconds: float


class Composer:
    """Composes utterances out of the clips of a bank."""

    def __init__(self, clips: Sequence[AlignedClip], random: np.random.Generator) -> None:
        self._random = random
        self._clips = [clip for clip in clips if clip.words]
        if not self._clips:
            raise ValueError("there are no aligned clips to compose utterances from")
        by_voice: dict[str, _Speaker] = defaultdict(_Speaker.empty)
        for clip in self._clips:
            by_voice[clip.voice].add(clip)
        self._speakers = [speaker for speaker in by_voice.values() if len(speaker.numbers) >= _SHORTEST_DICTATION]
        self._by_voice = by_voice
        self._answers = [clip for clip in self._clips if len(clip.words) == 1 and clip.words[0].text != OUTSIDE]
        self._outside = [clip for clip in self._clips if clip.words[0].text == OUTSIDE]
        self._order: list[int] = []

    def compositions(self) -> Iterator[Composition]:
        """Compose without end."""
        while True:
            chance = self._random.random()
            if chance < 0.56:
                yield self._whole_clip()
            elif chance < 0.82 and self._speakers:
                yield self._dictation()
            elif chance < 0.91 and self._answers:
                yield self._short_answer()
            elif chance < 0.97:
                yield self._conversation()
            else:
                yield Composition((), float(self._random.uniform(0.6, 4)))

    def _whole_clip(self) -> Composition:
        """Say one clip; every clip has its turn before one comes again."""
        if not self._order:
            self._order = self._random.permutation(len(self._clips)).tolist()
        clip = self._clips[self._order.pop()]
        return Composition((self._piece(clip, self._edge()),), self._edge())

    def _dictation(self) -> Composition:
        """Dictate groups of numbers with short or long pauses, «э» and «так» between them."""
        speaker = self._speakers[self._random.integers(len(self._speakers))]
        long_pauses = self._random.random() < 0.5
        only_digits = self._random.random() < 0.35 and len(speaker.digits) >= _SHORTEST_DICTATION
        clips = speaker.digits if only_digits else speaker.numbers
        pieces: list[Piece] = []
        seconds = 0.0
        for index in range(int(self._random.choice([2, 2, 3, 3, 4, 5, 5, 6, 7, 9]))):
            pause = self._random.uniform(0.25, 1.6) if long_pauses else self._random.uniform(0, 0.35)
            chosen = clips
            if index and self._random.random() < 0.1 and speaker.fillers:
                chosen = speaker.fillers
            elif self._random.random() < 0.04 and speaker.others:
                chosen = speaker.others  # «нет», «вторая группа», «подождите»
            clip = chosen[self._random.integers(len(chosen))]
            pieces.append(self._piece(clip, float(pause) if pieces else self._edge()))
            seconds += pieces[-1].pause_seconds + pieces[-1].end_seconds - pieces[-1].start_seconds
            if seconds > _LONGEST_SECONDS:
                break
        return Composition(tuple(pieces), self._edge())

    def _short_answer(self) -> Composition:
        """Say one word with long silence around it, where only the noise is heard."""
        clip = self._answers[self._random.integers(len(self._answers))]
        return Composition(
            (self._piece(clip, float(self._random.uniform(0.2, 2))),), float(self._random.uniform(0.2, 1.5))
        )

    def _conversation(self) -> Composition:
        """Say two or three things in a row, one of them perhaps beside the point."""
        first = self._clips[self._random.integers(len(self._clips))]
        same = self._by_voice[first.voice].clips
        clips = [first, *(same[self._random.integers(len(same))] for _ in range(self._random.integers(1, 3)))]
        if self._outside and self._random.random() < 0.5:
            clips[self._random.integers(len(clips))] = self._outside[self._random.integers(len(self._outside))]
        pauses = [self._edge(), *self._random.uniform(0.05, 1.0, len(clips) - 1).tolist()]
        return Composition(tuple(self._piece(clip, p) for clip, p in zip(clips, pauses, strict=True)), self._edge())

    def _piece(self, clip: AlignedClip, pause_seconds: float) -> Piece:
        start = max(0.0, clip.words[0].phones[0].start_seconds - _MARGIN_SECONDS)
        end = min(len(clip.pcm) / BANK_RATE_HZ, clip.words[-1].phones[-1].end_seconds + _MARGIN_SECONDS)
        gain = 10 ** (self._random.uniform(-3, 3) / 20)
        return Piece(clip, start, end, pause_seconds, float(gain), float(self._random.uniform(0.93, 1.08)))

    def _edge(self) -> float:
        """Choose the silence at an end of an utterance."""
        chance = self._random.random()
        low, high = (0, 0.03) if chance < 0.12 else (0.05, 0.5) if chance < 0.8 else (0.5, 1.5)
        return float(self._random.uniform(low, high))


@dataclass(slots=True)
class _Speaker:
    clips: list[AlignedClip]
    digits: list[AlignedClip]  # one digit each
    numbers: list[AlignedClip]
    fillers: list[AlignedClip]
    others: list[AlignedClip]  # short, but no numbers

    @classmethod
    def empty(cls) -> _Speaker:
        return cls([], [], [], [], [])

    def add(self, clip: AlignedClip) -> None:
        self.clips.append(clip)
        texts = [word.text for word in clip.words]
        if all(text in _numbers() for text in texts):
            self.numbers.append(clip)
            if len(texts) == 1 and texts[0] in _DIGITS:
                self.digits.append(clip)
        elif len(texts) == 1 and texts[0] in FILLERS:
            self.fillers.append(clip)
        elif len(texts) <= 3 and OUTSIDE not in texts:
            self.others.append(clip)


_DIGITS = frozenset((*DIGITS, "нуль"))


@lru_cache(maxsize=1)
def _numbers() -> frozenset[str]:
    return frozenset(number_vocabulary())
