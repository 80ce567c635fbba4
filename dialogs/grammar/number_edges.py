"""One number out of number words: every way to read the words from one position on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dialogs.grammar.number_words import Kind, NumberWord

PAUSE_COST = 0.5
"""Of taking words on both sides of a pause for one number: «сорок, два» is less surely 42 than «сорок два»."""
MISHEARD_COST = 1.25
"""Of taking «девять сто» for 900 or «восемь десять» for 80: less natural than two numbers, but a sound or two apart."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Words from one position to `end`, read as one number."""

    end: int
    digits: str
    cost: float  # how unnatural it is to mean that; one number = 1
    by_digit: bool = False  # one digit or the same one several times: «ноль», «три семёрки»


def edges_from(said: tuple[NumberWord, ...], start: int) -> Iterator[Edge]:
    """Give all numbers that the words from one position on can be the beginning with."""
    for edge in _edges(said, start):
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
