"""Nouns beside numbers: «один балл, два балла, пять баллов»."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tts.spoken.numbers import Gender, number_words

if TYPE_CHECKING:
    from pymorphy3 import MorphAnalyzer

_GENDERS = {"masc": Gender.MASCULINE, "femn": Gender.FEMININE, "neut": Gender.NEUTER}


def plural(number: int, one: str, few: str, many: str) -> str:
    """Choose the form of a noun that goes with a number: 21 one, 22 few, 25 and 11 many."""
    last_two = abs(number) % 100
    last = last_two % 10
    if last == 1 and last_two != 11:
        return one
    if last in (2, 3, 4) and last_two not in (12, 13, 14):
        return few
    return many


def points(number: int) -> str:
    """Say a balance: «тысяча двести пятьдесят баллов», «двадцать один балл»."""
    return f"{number_words(number)} {plural(number, 'балл', 'балла', 'баллов')}"


def rubles(rubles_count: int, kopecks: int = 0) -> str:
    """Say an amount of money: «двести один рубль две копейки»; no kopecks are not said.

    Raises:
        ValueError: kopecks outside 0..99.
    """
    if not 0 <= kopecks <= 99:
        raise ValueError(f"{kopecks} kopecks")
    said = f"{number_words(rubles_count)} {plural(rubles_count, 'рубль', 'рубля', 'рублей')}"
    if kopecks:
        part = number_words(kopecks, gender=Gender.FEMININE)
        said += f" {part} {plural(kopecks, 'копейка', 'копейки', 'копеек')}"
    return said


def counted(number: int, noun: str) -> str:
    """Say a number of things, given the noun's dictionary form: (2, "карта") is «две карты».

    Slow at its first call: it loads the dictionaries of pymorphy3 (0.2 s, 30 MB). For fixed nouns use `plural`.

    Raises:
        ValueError: the word is not known as a noun.
    """
    gender, one, few, many = _noun_forms(noun)
    return f"{number_words(number, gender=gender)} {plural(number, one, few, many)}"


@cache
def _noun_forms(noun: str) -> tuple[Gender, str, str, str]:
    for parse in _analyzer().parse(noun):
        if "NOUN" in parse.tag and parse.normal_form == noun.lower() and parse.tag.gender in _GENDERS:
            one, few, many = (parse.make_agree_with_number(number).word for number in (1, 2, 5))
            return _GENDERS[parse.tag.gender], one, few, many
    raise ValueError(f"{noun!r} is not known as a noun in its dictionary form")


@cache
def _analyzer() -> MorphAnalyzer:
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")
