"""How often phrases are understood: on a test set, and five-fold on the training phrases."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from dialogs.engine.vocabulary import OUT_OF_SCOPE
from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.port import Parsed, Understanding
from dialogs.nlu.training_data import Example

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One phrase with what it means and what an engine made of it."""

    example: Example
    parsed: Parsed

    @property
    def got(self) -> str:
        """The intent that the engine found; out-of-scope when none."""
        return self.parsed.intent or OUT_OF_SCOPE

    @property
    def is_right(self) -> bool:
        """Say whether it was understood."""
        return self.got == self.example.intent


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All phrases of one run."""

    engine: str
    judged: tuple[Judged, ...]
    parse_seconds: tuple[float, ...] = ()  # each phrase alone; empty when not measured

    @property
    def accuracy(self) -> float:
        """Share of phrases understood, 0..1."""
        return sum(each.is_right for each in self.judged) / len(self.judged)

    @property
    def misled(self) -> float:
        """Share of phrases taken for another matter, 0..1: worse than not understood, which asks again."""
        return sum(not each.is_right and each.got != OUT_OF_SCOPE for each in self.judged) / len(self.judged)

    def parse_quantile(self, share: float) -> float:
        """Return the parse time that this share of phrases kept, in seconds."""
        return float(np.quantile(self.parse_seconds, share))

    def by_file(self) -> Iterator[tuple[str, float]]:
        """Yield each file of phrases and the share of them understood, 0..1."""
        for file in sorted({each.example.place.file for each in self.judged}):
            own = [each.is_right for each in self.judged if each.example.place.file == file]
            yield file, sum(own) / len(own)

    def by_intent(self) -> Iterator[tuple[str, int, int]]:
        """Yield intent, phrases, phrases understood."""
        for intent in sorted({each.example.intent for each in self.judged}):
            own = [each for each in self.judged if each.example.intent == intent]
            yield intent, len(own), sum(each.is_right for each in own)

    def confusions(self) -> list[tuple[str, str, int]]:
        """Return what was taken for what, the most frequent first."""
        pairs = Counter((each.example.intent, each.got) for each in self.judged if not each.is_right)
        return [(meant, got, count) for (meant, got), count in pairs.most_common()]


async def evaluate(engine: Understanding, examples: Sequence[Example]) -> Evaluation:
    """Parse each phrase, one after another.

    Raises:
        UnderstandingError
    """
    judged, seconds = [], []
    for example in examples:
        started = time.perf_counter()
        parsed = await engine.parse(example.text)
        seconds.append(time.perf_counter() - started)
        judged.append(Judged(example, parsed))
    return Evaluation(engine.name, tuple(judged), tuple(seconds))


def five_fold(examples: Sequence[Example], threshold: float) -> Evaluation:
    """Train the embedded engine on four fifths, judge the other, five times: every phrase is judged unseen."""
    judged: list[Judged] = []
    for learnt, unseen in folds(examples):
        engine = EmbeddedUnderstanding(learnt, threshold)
        judged += [Judged(example, engine.understand(example.text)) for example in unseen]
    return Evaluation(engine.name, tuple(judged))


def folds(examples: Sequence[Example]) -> Iterator[tuple[list[Example], list[Example]]]:
    """Yield what is learnt and what is judged, five times; the same for every engine."""
    intents = [example.intent for example in examples]
    for learnt, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(intents, intents):
        yield [examples[number] for number in learnt], [examples[number] for number in unseen]
