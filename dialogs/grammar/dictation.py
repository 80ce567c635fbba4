"""Dictated numbers: every way to read the words as digits, kept as a lattice instead of a list.

«двадцать пять» may be 25 or 205, «сто двадцать пять» 125, 12005…; a number of 19 digits has thousands of readings.
So nothing is listed: edges join word positions, and dynamic programming answers what is asked of them. The work is
bounded by MAX_WORDS, MAX_DIGITS and BEAM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from dialogs.grammar.number_words import MAX_DIGITS, Kind, NumberWord, number_word
from dialogs.grammar.words import words

MAX_WORDS = 64
"""Number words beyond that are no dictation; the text then has no readings."""
MAX_CHARACTERS = 20_000
"""Nobody says more in one answer; the rest is not looked at."""
PAUSE_COST = 0.5
"""Of taking words on both sides of a pause for one number: «сорок, два» is less surely 42 than «сорок два»."""
MISHEARD_COST = 1.25
"""Of taking «девять сто» for 900 or «восемь десять» for 80: less natural than two numbers, but a sound or two apart."""
_NAMES_OF_DIGITS = frozenset({"цифра", "цифры", "цифр"})


@dataclass(frozen=True, slots=True)
class Edge:
    """Words from one position to `end`, read as one number."""

    end: int
    digits: str
    cost: float  # how unnatural it is to mean that; one number = 1
    by_digit: bool = False  # one digit or the same one several times: «ноль», «три семёрки»


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
        self.edges = tuple(
            tuple(_with_pauses(number_words, start, _edges(number_words, start))) for start in range(len(number_words))
        )

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


def _with_pauses(said: tuple[NumberWord, ...], start: int, edges: Iterator[Edge]) -> Iterator[Edge]:
    for edge in edges:
        pauses = sum(word.after_pause for word in said[start + 1 : edge.end])
        yield replace(edge, cost=edge.cost + PAUSE_COST * pauses) if pauses else edge


def _edges(said: tuple[NumberWord, ...], start: int) -> Iterator[Edge]:
    word = said[start]
    match word.kind:
        case Kind.LITERAL:
            yield Edge(start + 1, word.digits, 1.0)
        case Kind.UNIT if word.value == 0:
            yield Edge(start + 1, "0", 1.0, by_digit=True)
        case Kind.NOUN:
            yield Edge(start + 1, str(word.value), 1.0, by_digit=True)
        case Kind.NOUNS:
            yield Edge(start + 1, str(word.value), 2.5, by_digit=True)  # without its count: the count was not heard
        case Kind.MONTH:
            yield Edge(start + 1, "", 1.0)  # always passed over but in dates
        case Kind.THOUSAND:
            yield from _thousands(said, start + 1, 1)
        case Kind.THOUSANDS | Kind.PAIR | Kind.TIMES:
            # must not stop the lattice: a stray word gives no digits, at a price
            yield Edge(start + 1, "", 2.5 if word.kind is not Kind.TIMES else 0.0)
    if word.kind is Kind.TENS and word.value == 70 and not _is_seven(said[start + 1 : start + 2]):
        yield Edge(start + 1, "77", 1.0 + MISHEARD_COST)  # «семь семь» or «семьдесят семь», said fast
    for end, value, cost in _below_thousand(said, start):
        yield Edge(end, str(value), cost)
        if end < len(said) and said[end].kind in (Kind.THOUSAND, Kind.THOUSANDS):
            yield from _thousands(said, end + 1, value, 0.0 if _agree(said[end - 1], said[end]) else 1.5)
    yield from _repeated(said, start)


def _below_hundred(said: tuple[NumberWord, ...], start: int) -> Iterator[tuple[int, int, float]]:
    """Read a number up to 99: where it ends, its value, what it costs."""
    if start >= len(said):
        return
    word = said[start]
    if word.kind is Kind.TEEN or (word.kind is Kind.UNIT and word.value):
        yield start + 1, word.value, 1.0
    elif word.kind is Kind.TENS:
        yield start + 1, word.value, 1.0
        if not word.ordinal:
            yield from _with_unit(said, start + 1, word.value, 1.0)
    if tens := _misheard_tens(said, start):
        yield start + 2, tens, 1.0 + MISHEARD_COST
        # a unit behind them was heard with «пятьдесят», but as a number of its own behind «десять»
        numbers = 1 if said[start + 1].kind is Kind.TENS else 2
        yield from _with_unit(said, start + 2, tens, numbers + MISHEARD_COST)


def _with_unit(said: tuple[NumberWord, ...], at: int, tens: int, cost: float) -> Iterator[tuple[int, int, float]]:
    if at < len(said) and said[at].kind is Kind.UNIT and said[at].value:
        yield at + 1, tens + said[at].value, cost


def _misheard_tens(said: tuple[NumberWord, ...], start: int) -> int:
    """Read «восемь десять» as 80, «шесть пятьдесят» and «шестьдесят пятьдесят» as 60; 0 where it cannot be.

    In noise the end of «…десят» is heard as a word of its own.
    """
    word, *following = said[start : start + 2]
    if not following or word.ordinal or following[0].after_pause:
        return 0
    ending = following[0]
    if word.kind is Kind.UNIT and 5 <= word.value <= 8:
        is_ending = ending.value in (10, 50, 10 * word.value) and ending.kind in (Kind.TEEN, Kind.TENS)
        return 10 * word.value if is_ending else 0
    if word.kind is Kind.TENS and 50 <= word.value <= 80:
        return word.value if ending.kind is Kind.TENS and ending.value in (50, word.value) else 0
    return 0


def _below_thousand(said: tuple[NumberWord, ...], start: int) -> Iterator[tuple[int, int, float]]:
    if start >= len(said) or said[start].kind is not Kind.HUNDREDS:
        yield from _below_hundred(said, start)
        yield from _misheard_hundreds(said, start)
        return
    hundreds = said[start].value
    yield start + 1, hundreds, 1.0
    yield from ((end, hundreds + value, cost) for end, value, cost in _below_hundred(said, start + 1))
    if start + 2 < len(said) and _is_zero(said[start + 1]) and said[start + 2].kind is Kind.UNIT:
        yield start + 3, hundreds + said[start + 2].value, 3.5  # «сто ноль пять» for 105, rarer than 100 05


def _misheard_hundreds(said: tuple[NumberWord, ...], start: int) -> Iterator[tuple[int, int, float]]:
    """Read «девять сто» as 900, «пять сто двадцать» as 520."""
    following = said[start + 1 : start + 2]
    if following and following[0].kind is Kind.HUNDREDS and following[0].value == 100:
        many = said[start]
        if many.kind is Kind.UNIT and many.value >= 3 and not many.ordinal and not following[0].after_pause:
            for end, value, cost in _below_thousand(said, start + 1):
                yield end, value + 100 * (many.value - 1), cost + MISHEARD_COST


def _agree(count: NumberWord, thousand: NumberWord) -> bool:
    """Say whether a count goes with this form: «одна тысяча», «двадцать тысяч», but not «один» or «десять тысяча».

    What does not agree is likelier two numbers: «одиннадцать, тысяча девятьсот тридцать» is a month and a year.
    """
    if thousand.kind is Kind.THOUSAND:
        return count.kind is Kind.UNIT and count.value == 1 and not count.masculine
    return not count.masculine


def _thousands(said: tuple[NumberWord, ...], start: int, count: int, penalty: float = 0.0) -> Iterator[Edge]:
    """Read what follows «… тысяч»."""
    yield Edge(start, str(count * 1000), 1.0 + penalty)
    for end, value, cost in _below_thousand(said, start):
        yield Edge(end, str(count * 1000 + value), cost + penalty)
    for zeros in (1, 2):  # «семь тысяч ноль двенадцать», «две тысячи ноль ноль пять»
        after = start + zeros
        if after < len(said) and all(_is_zero(word) for word in said[start:after]):
            for end, value, _ in _below_thousand(said, after):
                if len(str(value)) == 3 - zeros or (zeros == 1 and value < 10):
                    yield Edge(end, str(count * 1000 + value), 2.0 + penalty)


def _repeated(said: tuple[NumberWord, ...], start: int) -> Iterator[Edge]:
    """Read «два нуля», «три семёрки», «двойной ноль», «три раза семь», «ноль два раза»."""
    if start + 1 >= len(said):
        return
    count, what = said[start], said[start + 1]
    if count.kind is Kind.PAIR and what.kind in (Kind.NOUN, Kind.NOUNS, Kind.UNIT):
        yield _times(start + 2, what, count.value)
    many = count.kind in (Kind.UNIT, Kind.TEEN) and 2 <= count.value <= 10 and not count.ordinal
    if many and what.kind is Kind.NOUNS:
        yield _times(start + 2, what, count.value)
    if count.kind in (Kind.UNIT, Kind.NOUN) and what.kind is Kind.PAIR:
        yield _times(start + 2, count, what.value, 1.5)  # «семь дважды»
    if start + 2 >= len(said):
        return
    last = said[start + 2]
    if many and what.kind is Kind.TIMES and last.kind in (Kind.UNIT, Kind.NOUN, Kind.NOUNS):
        yield _times(start + 3, last, count.value)
    if count.kind in (Kind.UNIT, Kind.NOUN) and last.kind is Kind.TIMES and what.kind is Kind.UNIT and what.value > 1:
        yield _times(start + 3, count, what.value, 1.5)


def _times(end: int, digit: NumberWord, count: int, cost: float = 1.0) -> Edge:
    return Edge(end, str(digit.value) * count, cost, by_digit=True)


def _is_seven(following: tuple[NumberWord, ...]) -> bool:
    return any(word.kind is Kind.UNIT and word.value == 7 for word in following)


def _is_zero(word: NumberWord) -> bool:
    return word.kind is Kind.UNIT and word.value == 0
