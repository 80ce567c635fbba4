"""Measures: word error by alignment, shares with 95 % intervals, and what is taken for what."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

_Z95 = 1.959964
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Errors:
    """How one text differs from another."""

    substituted: tuple[tuple[str, str], ...]  # (said, heard)
    deleted: tuple[str, ...]
    inserted: tuple[str, ...]
    words: int  # that were said

    @property
    def count(self) -> int:
        """Return the number of errors."""
        return len(self.substituted) + len(self.deleted) + len(self.inserted)


def align(said: Sequence[str], heard: Sequence[str]) -> Errors:
    """Align two texts with the fewest errors (Levenshtein)."""
    cost = [list(range(len(heard) + 1))]
    for row, word in enumerate(said, start=1):
        line = [row]
        for column, other in enumerate(heard, start=1):
            line.append(min(cost[-1][column - 1] + (word != other), cost[-1][column] + 1, line[-1] + 1))
        cost.append(line)
    substituted, deleted, inserted = [], [], []
    row, column = len(said), len(heard)
    while row or column:
        here = cost[row][column]
        if row and column and here == cost[row - 1][column - 1] + (said[row - 1] != heard[column - 1]):
            row, column = row - 1, column - 1
            if said[row] != heard[column]:
                substituted.append((said[row], heard[column]))
        elif row and here == cost[row - 1][column] + 1:
            row -= 1
            deleted.append(said[row])
        else:
            column -= 1
            inserted.append(heard[column])
    return Errors(tuple(substituted), tuple(deleted), tuple(inserted), len(said))


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases with its 95 % interval (Wilson)."""

    right: int
    n: int

    @property
    def value(self) -> float:
        """Return the share, 0 when there are no cases."""
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the bounds (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""
        if not self.n:
            return (0.0, 1.0)
        centre = self.value + _Z95**2 / (2 * self.n)
        half = _Z95 * math.sqrt(self.value * (1 - self.value) / self.n + _Z95**2 / (4 * self.n**2))
        scale = 1 + _Z95**2 / self.n
        return (max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def word_error(cases: Sequence[Errors]) -> tuple[float, float, float]:
    """Return the word error rate and its 95 % interval, by drawing utterances anew (bootstrap, fixed seed)."""
    words = sum(case.words for case in cases)
    if not words:
        return (0.0, 0.0, 0.0)
    pairs = [(case.count, case.words) for case in cases]
    random = Random(len(pairs))
    rates = sorted(_rate(random.choices(pairs, k=len(pairs))) for _ in range(_DRAWS))
    return (_rate(pairs), rates[int(0.025 * _DRAWS)], rates[int(0.975 * _DRAWS) - 1])


def _rate(pairs: Sequence[tuple[int, int]]) -> float:
    return sum(errors for errors, _ in pairs) / (sum(words for _, words in pairs) or 1)


def confusions(cases: Iterable[Errors], most: int = 15) -> list[tuple[str, str, int]]:
    """Return what was most often taken for what; an empty word stands for nothing."""
    counted: Counter[tuple[str, str]] = Counter()
    for case in cases:
        counted.update(case.substituted)
        counted.update((word, "") for word in case.deleted)
        counted.update(("", word) for word in case.inserted)
    return [(said, heard, count) for (said, heard), count in counted.most_common(most)]
