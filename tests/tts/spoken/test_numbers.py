from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.spoken import Case, Gender, number_words
from tts.spoken.numbers import MAX_NUMBER

_VALUES = {
    "ноль": 0, "один": 1, "два": 2, "одна": 1, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7,
    "восемь": 8, "девять": 9, "десять": 10, "одиннадцать": 11, "двенадцать": 12, "тринадцать": 13,
    "четырнадцать": 14, "пятнадцать": 15, "шестнадцать": 16, "семнадцать": 17, "восемнадцать": 18,
    "девятнадцать": 19, "двадцать": 20, "тридцать": 30, "сорок": 40, "пятьдесят": 50, "шестьдесят": 60,
    "семьдесят": 70, "восемьдесят": 80, "девяносто": 90, "сто": 100, "двести": 200, "триста": 300, "четыреста": 400,
    "пятьсот": 500, "шестьсот": 600, "семьсот": 700, "восемьсот": 800, "девятьсот": 900,
}  # fmt: skip
_SCALES = {"тысяч": 10**3, "миллион": 10**6, "миллиард": 10**9}


def understood(words: str) -> int:
    """Add a number up again, as a listener does."""
    total = part = 0
    for word in words.split():
        scale = next(
            (value for stem, value in _SCALES.items() if word.rstrip("аиов") in (stem, stem.rstrip("в"))), None
        )
        if scale is None:
            part += _VALUES[word]
        else:
            total += (part or 1) * scale
            part = 0
    return total + part


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "ноль"),
        (1, "один"),
        (21, "двадцать один"),
        (1000, "тысяча"),
        (1250, "тысяча двести пятьдесят"),
        (2002, "две тысячи два"),
        (21_000, "двадцать одна тысяча"),
        (1_000_000, "один миллион"),
        (1_001_000, "один миллион одна тысяча"),
        (-5, "минус пять"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: int, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize(
    ("number", "gender", "words"),
    [
        (1, Gender.FEMININE, "одна"),
        (22, Gender.FEMININE, "двадцать две"),
        (1, Gender.NEUTER, "одно"),
        (2, Gender.NEUTER, "два"),
        (1_000_000, Gender.FEMININE, "один миллион"),
        (1_000_001, Gender.FEMININE, "один миллион одна"),
        (1_001, Gender.FEMININE, "тысяча одна"),
    ],
)
def test_the_gender_concerns_the_last_digit_only(number: int, gender: Gender, words: str) -> None:
    assert number_words(number, gender=gender) == words


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (Case.NOMINATIVE, "тысяча двести сорок два"),
        (Case.GENITIVE, "тысячи двухсот сорока двух"),
        (Case.DATIVE, "тысяче двумстам сорока двум"),
        (Case.ACCUSATIVE, "тысячу двести сорок два"),
        (Case.INSTRUMENTAL, "тысячей двумястами сорока двумя"),
        (Case.PREPOSITIONAL, "тысяче двухстах сорока двух"),
    ],
)
def test_numbers_are_declined(case: Case, words: str) -> None:
    assert number_words(1242, case=case) == words


@given(st.integers(0, MAX_NUMBER), st.sampled_from([Gender.MASCULINE, Gender.FEMININE]))
def test_each_number_is_understood_again(number: int, gender: Gender) -> None:
    assert understood(number_words(number, gender=gender)) == number


@given(st.integers(-MAX_NUMBER, MAX_NUMBER), st.sampled_from(Gender), st.sampled_from(Case))
def test_every_form_is_plain_russian_words(number: int, gender: Gender, case: Case) -> None:
    words = number_words(number, gender=gender, case=case)

    assert all("а" <= letter <= "я" or letter in "ё " for letter in words)
    assert words == words.strip()


@pytest.mark.parametrize("number", [MAX_NUMBER + 1, -MAX_NUMBER - 1, 10**40])
def test_a_number_beyond_all_measure_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="too large"):
        number_words(number)
