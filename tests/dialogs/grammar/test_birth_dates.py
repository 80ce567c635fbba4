from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from dialogs.grammar.checks import Check, birth_date
from dialogs.grammar.digits import Doubt, NumberRule, choose, complete, settle
from dialogs.grammar.number_phrases import spoken_number
from tests.dialogs.grammar.speaking import UNITS, said_pair, thousands
from tts.spoken import date_words

RULE = NumberRule((8,), (), Check.BIRTH_DATE)
days = st.integers(0, (date(2012, 12, 31) - date(1930, 1, 1)).days).map(lambda n: date(1930, 1, 1) + timedelta(days=n))


@given(days)
@settings(max_examples=300)
def test_dates_in_the_usual_ways_have_their_reading_first(day: date) -> None:
    digits = f"{day:%d%m%Y}"
    day_and_month = f"{said_pair(digits[:2])} {said_pair(digits[2:4])}"
    for said in (
        f"{day_and_month} {thousands(day.year)}",
        f"{day_and_month} {said_pair(digits[4:6])} {said_pair(digits[6:])}",
        " ".join(UNITS[int(digit)] for digit in digits),
    ):
        assert settle(said, RULE)[0].digits == digits


@given(days)
@settings(max_examples=300)
def test_no_date_is_cut_off_before_its_last_word(day: date) -> None:
    digits = f"{day:%d%m%Y}"
    day_and_month = f"{said_pair(digits[:2])} {said_pair(digits[2:4])}"
    for said in (
        f"{day_and_month} {thousands(day.year)}",
        " ".join(UNITS[int(digit)] for digit in digits),
    ):
        words = said.split()
        for count in range(1, len(words)):
            assert not complete(" ".join(words[:count]), RULE)


@given(st.text("0123456789", min_size=8, max_size=8))
@settings(max_examples=500)
def test_real_dates_are_those_of_the_calendar(digits: str) -> None:
    try:
        real = 1900 <= date(int(digits[4:]), int(digits[2:4]), int(digits[:2])).year <= 2029
    except ValueError:
        real = False
    assert birth_date(digits) == real


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("двенадцать ноль пять тысяча девятьсот восемьдесят пять", "12051985"),
        ("двенадцать ноль пять восемьдесят пять", "12051985"),
        ("двенадцатое мая восемьдесят пятого", "12051985"),
        ("двенадцатое мая девятьсот восемьдесят пятого года", "12051985"),
        ("двенадцать ноль пять девятьсот восемьдесят пять", "12051985"),
        ("двенадцатого мая тысяча девятьсот восемьдесят пятого года", "12051985"),
        ("пятого третьего девяносто первого", "05031991"),
        ("пятое марта две тысячи первого", "05032001"),
        ("первое января двухтысячного года", "01012000"),
        ("тридцать первое двенадцатого пятьдесят девятого", "31121959"),
        ("двадцать девятое февраля две тысячи четвёртого", "29022004"),
        ("третье июля ноль пятого", "03072005"),
        ("первого первого девяностого", "01011990"),
        ("пятое марта две тысячи пятого года", "05032005"),
        ("двенадцать ноль пять тысяча девятьсот восемьдесят пятого", "12051985"),
        ("двенадцатое число пятого месяца восемьдесят пятого года", "12051985"),
        ("двенадцатого ноль пятого тысяча девятьсот восемьдесят пятого", "12051985"),
        ("12 мая 1985", "12051985"),
        ("12051985", "12051985"),
    ],
)
def test_spoken_dates(said: str, digits: str) -> None:
    assert settle(said, RULE)[0].digits == digits


@pytest.mark.parametrize(
    "said",
    [
        "тридцать первое февраля восемьдесят пятого",
        "двадцать девятое февраля восемьдесят пятого",
        "двенадцать тринадцать восемьдесят пять",
        "восемьдесят пять",
        "мая",
        "сорок ноль пять тысяча девятьсот восемьдесят пять",
    ],
)
def test_what_is_no_date(said: str) -> None:
    assert settle(said, RULE) == ()


def test_a_date_that_may_be_two_dates_is_not_clear() -> None:
    first, second = settle("один один один восемьдесят пять", RULE)[:2]
    assert {first.digits, second.digits} == {"01111985", "11011985"}
    assert first.cost == second.cost
    assert not complete("один один один восемьдесят пять", RULE)


def test_every_year_of_a_living_person_can_be_said() -> None:
    for year in range(1930, 2013):
        assert settle(f"двенадцать ноль пять {thousands(year)}", RULE)[0].digits == f"1205{year}", year
    assert spoken_number(85) == "восемьдесят пять"


@given(days)
@settings(max_examples=200)
def test_dates_with_their_months_names_are_read(day: date) -> None:
    written = f"{ordinal(day.day)} {date_words(day).split()[-1]} {ordinal_year(day.year)}"
    assert settle(written, RULE)[0].digits == f"{day:%d%m%Y}", written


def ordinal(number: int) -> str:
    return str(num2words(number, lang="ru", to="ordinal", gender="n", case="g"))


def ordinal_year(year: int) -> str:
    return str(num2words(year, lang="ru", to="ordinal", case="g")).replace("одна тысяча", "тысяча")


@pytest.mark.parametrize("said", ["тридцать семь шестьдесят один", "двадцать пять семьдесят три"])
def test_a_date_that_the_words_do_not_naturally_mean_is_not_settled_at_once(said: str) -> None:
    """«Тридцать семь» is 37: a word may have been missed, or is still to come."""
    assert settle(said, RULE) != ()
    assert not complete(said, RULE)
    choice = choose(said, RULE)
    assert choice is not None
    assert choice.doubt is Doubt.UNNATURAL
    assert complete("тридцать ноль семь шестьдесят один", RULE)
