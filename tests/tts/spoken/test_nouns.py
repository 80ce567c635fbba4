from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.spoken import counted, number_words, plural, points, rubles


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "ноль баллов"),
        (1, "один балл"),
        (2, "два балла"),
        (4, "четыре балла"),
        (5, "пять баллов"),
        (11, "одиннадцать баллов"),
        (12, "двенадцать баллов"),
        (21, "двадцать один балл"),
        (111, "сто одиннадцать баллов"),
        (1250, "тысяча двести пятьдесят баллов"),
        (2002, "две тысячи два балла"),
        (-3, "минус три балла"),
    ],
)
def test_points_agree_with_their_number(number: int, said: str) -> None:
    assert points(number) == said


@given(st.integers(0, 10**9))
def test_the_noun_agrees_with_the_last_word_said(number: int) -> None:
    last_word = number_words(number).split()[-1]
    expected = {"один": "one", "два": "few", "три": "few", "четыре": "few"}.get(last_word, "many")

    assert plural(number, "one", "few", "many") == expected


@pytest.mark.parametrize(
    ("amount", "kopecks", "said"),
    [
        (100, 0, "сто рублей"),
        (1, 1, "один рубль одна копейка"),
        (202, 22, "двести два рубля двадцать две копейки"),
        (0, 50, "ноль рублей пятьдесят копеек"),
    ],
)
def test_money_is_said_with_kopecks_only_when_there_are_some(amount: int, kopecks: int, said: str) -> None:
    assert rubles(amount, kopecks) == said


@pytest.mark.parametrize("kopecks", [-1, 100])
def test_impossible_kopecks_are_refused(kopecks: int) -> None:
    with pytest.raises(ValueError, match="kopecks"):
        rubles(1, kopecks)


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (1, "карта", "одна карта"),
        (2, "карта", "две карты"),
        (5, "карта", "пять карт"),
        (21, "письмо", "двадцать одно письмо"),
        (3, "рубль", "три рубля"),
        (11, "день", "одиннадцать дней"),
        (22, "минута", "двадцать две минуты"),
    ],
)
def test_any_noun_of_an_author_agrees_in_number_and_gender(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said


@pytest.mark.parametrize("noun", ["бежать", "карты", ""])
def test_a_word_that_is_no_noun_in_its_dictionary_form_is_refused(noun: str) -> None:
    with pytest.raises(ValueError, match="not known as a noun"):
        counted(2, noun)
