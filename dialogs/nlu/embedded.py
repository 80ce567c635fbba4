"""The embedded engine: word and character n-grams, logistic regression with calibrated confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_union

from dialogs.engine.vocabulary import OUT_OF_SCOPE
from dialogs.nlu.port import MAX_TEXT_CHARACTERS, Parsed, RankedIntent
from dialogs.nlu.training_data import Example, same_when_heard

DEFAULT_THRESHOLD = 0.4
RANKED = 5
FEWEST_PHRASES = 3
FOLDS = 2  # a third one costs half as much again and moves the sharpness by no step
_SHARPNESS = np.geomspace(0.25, 8, 61)
"""By what the scores may be multiplied before they are made confidences; Guo et al. 2017, temperature scaling."""

Floats = npt.NDArray[np.float64]


class EmbeddedUnderstanding:
    """`Understanding` inside the worker: no server, no waiting."""

    name = "embedded"

    def __init__(self, examples: Sequence[Example], threshold: float = DEFAULT_THRESHOLD) -> None:
        """Train on the phrases; takes processor time in the order of a second per thousand: call it in a thread.

        Raises:
            ValueError: fewer than two intents, or an intent with fewer than three phrases.
        """
        counts = Counter(example.intent for example in examples)
        if len(counts) < 2 or min(counts.values()) < FEWEST_PHRASES:
            raise ValueError(f"at least two intents with {FEWEST_PHRASES} phrases each are needed")
        self._threshold = threshold
        self._intents = tuple(sorted(counts))
        numbers = {intent: number for number, intent in enumerate(self._intents)}
        meant = np.array([numbers[example.intent] for example in examples])
        # Words keep whole phrases apart, letters forgive slips and endings.
        self._features = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+", lowercase=False),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, lowercase=False),
        )
        seen = self._features.fit_transform([same_when_heard(example.text) for example in examples]).tocsr()
        self._weights, self._offsets = _fit(seen, meant, len(numbers))
        self._sharpness = _calibrate(seen, meant, len(numbers))

    @property
    def intents(self) -> tuple[str, ...]:
        """What it can tell apart, out-of-scope among them."""
        return self._intents

    async def parse(self, text: str) -> Parsed:
        """Say what the phrase means; a matter of a few milliseconds, so it does not leave the loop."""
        return self.understand(text)

    def understand(self, text: str) -> Parsed:
        """Say what the phrase means."""
        heard = same_when_heard(text[:MAX_TEXT_CHARACTERS].replace("[unk]", " "))
        seen = self._features.transform([heard])
        if not heard or seen.nnz == 0:
            return Parsed(text, None, 0.0)  # nothing in it was ever learnt
        confidences = _confidences((seen @ self._weights + self._offsets) * self._sharpness)[0]
        best = np.argsort(-confidences)[:RANKED]
        ranking = tuple(RankedIntent(self._intents[number], float(confidences[number])) for number in best)
        first = ranking[0]
        is_ours = first.intent != OUT_OF_SCOPE and first.confidence >= self._threshold
        return Parsed(text, first.intent if is_ours else None, first.confidence, (), ranking)

    async def check(self) -> None:
        """Return at once: it is trained."""

    async def close(self) -> None:
        """Nothing to release."""


def _fit(seen: Any, meant: npt.NDArray[np.int64], intents: int) -> tuple[Floats, Floats]:
    """Fit one logistic regression per intent against all others; weights (features, intents) and offsets."""
    weights, offsets = [], []
    for intent in range(intents):
        model = LogisticRegression(C=20.0, solver="liblinear", dual=True, tol=1e-2, random_state=1)
        model.fit(seen, meant == intent)
        weights.append(model.coef_[0])
        offsets.append(model.intercept_[0])
    return np.array(weights).T, np.array(offsets)


def _calibrate(seen: Any, meant: npt.NDArray[np.int64], intents: int) -> float:
    """Find the sharpness with which confidences of unseen phrases are right as often as they say."""
    scores = np.zeros((len(meant), intents))
    for learnt, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(meant, meant):
        weights, offsets = _fit(seen[learnt], meant[learnt], intents)
        scores[unseen] = seen[unseen] @ weights + offsets
    rows = np.arange(len(meant))
    surprises = [-np.log(_confidences(scores * each)[rows, meant] + 1e-12).mean() for each in _SHARPNESS]
    return float(_SHARPNESS[int(np.argmin(surprises))])


def _confidences(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
