"""Dictated numbers: every way to read the words as digits, kept as a lattice instead of a list.

«двадцать пять» may be 25 or 205, «сто двадцать пять» 125, 12005…; a number of 19 digits has thousands of readings.
So nothing is listed: edges join word positions, and dynamic programming answers what is asked of them. The work is
bounded by MAX_WORDS, MAX_DIGITS and BEAM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from dialogs.grammar.number_edges import Edge, edges_from
from dialogs.grammar.number_words import MAX_DIGITS, Kind, NumberWord, number_word
from dialogs.grammar.words import words

MAX_WORDS = 64
"""Number words beyond that are no dictation; the text then has no readings."""
MAX_CHARACTERS = 20_000
"""Nobody says more in one answer; the rest is not looked at."""
_NAMES_OF_DIGITS = frozenset({"цифра", "цифры", "цифр"})


@dataclass(frozen=True, slots=True)
class Part:
    """What one number of a reading was said with."""

    digits: str
    by_digit: bool
    written: bool  # by keys, or as digits in the text
    after_pause: bool


class Dictation:
    """The lattice of all readings of one text."""

    def __init__(self, number_words: tuple[NumberWord, ...]) -> None:
        self.words = number_words
        self.edges = tuple(tuple(edges_from(number_words, start)) for start in range(len(number_words)))

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def digits_left(self) -> tuple[tuple[int, int], ...]:
        """Return, per position, the least and the most digits that the words from there on can give."""
        least, most = [0] * (len(self) + 1), [0] * (len(self) + 1)
        for start in range(len(self) - 1, -1, -1):
            least[start] = min((len(edge.digits) + least[edge.end] for edge in self.edges[start]), default=MAX_DIGITS)
            most[start] = max((len(edge.digits) + most[edge.end] for edge in self.edges[start]), default=0)
        return tuple(zip(least, most, strict=True))

    def can_be(self, digits: str) -> bool:
        """Say whether these digits are among the readings."""
        if not self.words or not digits:
            return False
        reached: list[set[int]] = [set() for _ in range(len(self) + 1)]
        reached[0].add(0)
        for start, edges in enumerate(self.edges):
            for offset in reached[start]:
                for edge in edges:
                    if digits.startswith(edge.digits, offset):
                        reached[edge.end].add(offset + len(edge.digits))
        return len(digits) in reached[-1]

    @cached_property
    def natural(self) -> tuple[str, ...]:
        """Return the readings that take the words as the fewest numbers (at most 4, in order)."""
        return self._natural[1] if self.words else ()

    @property
    def natural_cost(self) -> float:
        """Return what the natural readings cost."""
        return self._natural[0]

    @cached_property
    def _natural(self) -> tuple[float, tuple[str, ...]]:
        best: list[tuple[float, tuple[str, ...]]] = [(0.0, ("",))] + [(float("inf"), ())] * len(self)
        for start, edges in enumerate(self.edges):
            cost, texts = best[start]
            for edge in edges:
                total = cost + edge.cost
                longer = tuple(text + edge.digits for text in texts)
                if total < best[edge.end][0]:
                    best[edge.end] = (total, longer)
                elif total == best[edge.end][0]:
                    best[edge.end] = (total, tuple(dict.fromkeys(best[edge.end][1] + longer))[:4])
        return best[-1]

    def parts(self, digits: str) -> tuple[Part, ...]:
        """Say by which numbers the words give these digits, in the most natural way; empty when they cannot."""
        # per position and count of digits: cost, and the edge that led there
        reached: list[dict[int, tuple[float, int, Edge | None]]] = [{} for _ in range(len(self) + 1)]
        reached[0][0] = (0.0, 0, None)
        for start, edges in enumerate(self.edges):
            for offset, (cost, _, _) in reached[start].items():
                for edge in edges:
                    there, count = reached[edge.end], offset + len(edge.digits)
                    known = there.get(count)
                    if digits.startswith(edge.digits, offset) and (known is None or cost + edge.cost < known[0]):
                        there[count] = (cost + edge.cost, start, edge)
        parts: list[Part] = []
        at, offset = len(self), len(digits)
        while at > 0 and offset in reached[at]:
            _, start, taken = reached[at][offset]
            assert taken is not None
            first = self.words[start]
            if taken.digits:
                written = first.kind is Kind.LITERAL and not first.ordinal
                parts.append(Part(taken.digits, taken.by_digit, written, first.after_pause))
            at, offset = start, offset - len(taken.digits)
        return tuple(reversed(parts)) if (at, offset) == (0, 0) else ()

    def span_readings(self, start: int, end: int, most_digits: int) -> dict[str, float]:
        """List the readings of words[start:end] of at most so many digits, with their costs (short spans only)."""
        reached: list[dict[str, float]] = [{} for _ in range(end - start + 1)]
        reached[0][""] = 0.0
        for at in range(start, end):
            for text, cost in reached[at - start].items():
                for edge in self.edges[at]:
                    if edge.end <= end and len(text) + len(edge.digits) <= most_digits:
                        there = reached[edge.end - start]
                        longer = text + edge.digits
                        there[longer] = min(cost + edge.cost, there.get(longer, float("inf")))
        return reached[-1]


@lru_cache(maxsize=64)
def dictation(text: str) -> Dictation:
    """Read a text; words that are no numbers are passed over. A comma is a pause that the caller made."""
    found: list[NumberWord] = []
    paused = False
    for piece in text[:MAX_CHARACTERS].split(","):
        for word in words(piece):
            number = number_word(word)
            if number is not None:
                found.append(replace(number, after_pause=True) if paused and found else number)
                paused = False
            elif word in _NAMES_OF_DIGITS and found and found[-1].kind is Kind.UNIT:
                found.pop()  # «последние две цифры»: no two
        paused = True
    return Dictation(tuple(found) if len(found) <= MAX_WORDS else ())
