"""Phrase lists for questions about numbers.

A recogniser makes a bigram of its phrase list, so several hundred typical number phrases hear better than a bare list
of number words (measured with the provisional model on held-out voices: 91.1 instead of 82.8 % of sentences right).
"""

from __future__ import annotations

from functools import cache

from dialogs.grammar.checks import Check
from dialogs.grammar.number_words import MONTHS_OF_DATES, ordinal

_UNITS = ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]
_SEVERAL = ["нуля", "четвёрки", "пятёрки", "шестёрки", "семёрки", "восьмёрки", "девятки"]
"""Said of several digits alike; not «двойки» and «тройки», which a stranger's «восемь» is readily taken for."""
_TEENS = [
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
]
_TENS = ["двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"]
_HUNDREDS = ["сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"]


def spoken_number(number: int) -> str:
    """Say 1..999 as one number, 0 as «ноль»."""
    if number == 0:
        return _UNITS[0]
    said = [_HUNDREDS[number // 100 - 1]] if number >= 100 else []
    number %= 100
    if 10 <= number < 20:
        return " ".join([*said, _TEENS[number - 10]])
    if number >= 20:
        said.append(_TENS[number // 10 - 2])
    if number % 10:
        said.append(_UNITS[number % 10])
    return " ".join(said)


@cache
def number_phrases() -> tuple[str, ...]:
    """Return what dictated groups sound like: digits, pairs of them, numbers up to 999, «два нуля», «три семёрки»."""
    pairs = [f"{first} {second}" for first in _UNITS for second in _UNITS]
    two_digits = [spoken_number(number) for number in range(10, 100)]
    # every hundred with every ten and with every unit, but not the whole thousand: the bigram is the same
    three_digits = [
        spoken_number(hundred + rest)
        for hundred in range(100, 1000, 100)
        for rest in (0, *range(1, 10), *range(10, 20, 3), *(ten * 10 + ten % 9 + 1 for ten in range(2, 10)))
    ]
    counted = [(_SEVERAL[0], "два"), *((several, "две") for several in _SEVERAL[1:])]
    alike = [f"{count} {several}" for several, two in counted for count in (two, "три", "четыре")]
    return tuple(dict.fromkeys([*_UNITS, *pairs, *two_digits, *three_digits, *alike]))


@cache
def phone_phrases() -> tuple[str, ...]:
    """Return what phone numbers sound like."""
    return (*number_phrases(), "плюс семь")


def _nth(number: int, ending: str = "ого") -> str:
    """Say 1..99 as an ordinal: «двадцать третьего», with the ending «ое» «двадцать третье»."""
    if number <= 20 or number % 10 == 0:
        return ordinal(number, ending)
    return f"{spoken_number(number // 10 * 10)} {ordinal(number % 10, ending)}"


@cache
def date_phrases() -> tuple[str, ...]:
    """Return what dates sound like, in digits («двенадцать ноль пять…») and in words («двенадцатое мая…»)."""
    years = [*(("тысяча девятьсот", year) for year in range(20, 100)), *(("две тысячи", year) for year in range(1, 20))]
    in_digits = [f"{century} {spoken_number(year)}" for century, year in years]
    days = [day for number in range(1, 32) for day in (_nth(number, "ое"), _nth(number))]
    day_and_month = [f"{day} {month}" for day in days for month in MONTHS_OF_DATES]
    month_and_year = [
        f"{month} {century}" for month in MONTHS_OF_DATES for century in ("тысяча девятьсот", "две тысячи")
    ]
    in_words = [
        form
        for century, year in years
        for form in (f"{century} {_nth(year)}", f"{century} {_nth(year)} года", f"{_nth(year)} года")
    ]
    round_year = ["двухтысячного", "двухтысячного года"]
    spoken = [*in_digits, *day_and_month, *month_and_year, *in_words, *round_year]
    return tuple(dict.fromkeys([*number_phrases(), *spoken]))


def phrases_of(check: Check) -> tuple[str, ...]:
    """Return what numbers that prove themselves so sound like."""
    match check:
        case Check.BIRTH_DATE:
            return date_phrases()
        case Check.MOBILE:
            return phone_phrases()
        case _:
            return number_phrases()


_GROUPS = ["первая", "вторая", "третья", "четвёртая", "последняя"]
_IN_GROUPS = ["в первой", "во второй", "в третьей", "в четвёртой", "в последней"]


@cache
def correction_beginnings() -> tuple[str, ...]:
    """Return how corrections of a number begin."""
    return (
        *(f"{group} группа" for group in _GROUPS),
        *(f"{group} группе" for group in _IN_GROUPS),
        "последние цифры",
        "первые цифры",
        "в конце",
        "в начале",
    )


@cache
def correction_phrases() -> tuple[str, ...]:
    """Return what corrections of a number sound like, the numbers in them included."""
    words = [*_UNITS, *_TEENS, *_TENS, *_HUNDREDS]
    beginnings = [*correction_beginnings(), "нет", "не", "а", "нет не"]
    return (
        *number_phrases(),
        *(f"{beginning} {word}" for beginning in beginnings for word in words),
        *(f"{word} а" for word in words),
        *(f"нет {beginning}" for beginning in correction_beginnings()),
    )
