from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dialogs.grammar.checks import Check
from dialogs.grammar.correction import Corrected, Unclear, completed, correct
from dialogs.grammar.digits import NumberRule
from dialogs.grammar.grouping import digits_of, groups_of, in_groups
from tests.dialogs.grammar.speaking import MEAN_WORDS, said_group

CARD = NumberRule((16,), ("7789",), Check.LUHN)
CARD_NUMBER = "77 89, 17 73, 25 96, 71 47"
"""17 is wrong: 25 73 it is. Both keep the check digit, as a number that was settled always does."""
PHONE = NumberRule((10,))
PHONE_NUMBER = "916, 123, 45 67"
DATE = NumberRule((8,), (), Check.BIRTH_DATE)
DATE_GROUPS = (2, 2, 4)
DAY = "12, 05, 19 85"

ORDINALS = ["первой", "второй", "третьей", "четвёртой", "пятой", "шестой"]


@pytest.mark.parametrize(
    "said",
    [
        "нет во второй группе двадцать пять семьдесят три",
        "вторая группа двадцать пять семьдесят три",
        "нет, вторую группу исправьте, двадцать пять семьдесят три",
        "двадцать пять семьдесят три во второй группе",
        "группа два двадцать пять семьдесят три",
        "вторая двадцать пять семьдесят три",
        "вторая группа двадцать пять",  # the check digit says which pair
        "нет не семнадцать а двадцать пять",
        "двадцать пять а не семнадцать",
        "не семнадцать двадцать пять",
        "вместо семнадцати двадцать пять",
        "не семнадцать семьдесят три а двадцать пять семьдесят три",
        "нет два пять семь три во второй",
    ],
)
def test_a_group_of_a_card_is_corrected(said: str) -> None:
    assert correct(said, CARD_NUMBER, CARD) == Corrected("77 89, 25 73, 25 96, 71 47")


@pytest.mark.parametrize(
    ("said", "grouped"),
    [
        ("нет во второй группе сто двадцать четыре", "916, 124, 45 67"),
        ("последние цифры ноль три", "916, 123, 45 03"),
        ("последние две цифры ноль три", "916, 123, 45 03"),
        ("последние две ноль три", "916, 123, 45 03"),
        ("конец двенадцать", "916, 123, 45 12"),
        ("нет там в конце двенадцать", "916, 123, 45 12"),
        ("заканчивается на двенадцать", "916, 123, 45 12"),
        ("в начале девятьсот двадцать шесть", "926, 123, 45 67"),
        ("первые цифры девятьсот двадцать шесть", "926, 123, 45 67"),
        ("последняя цифра восемь", "916, 123, 45 68"),
        ("вторая цифра пять", "956, 123, 45 67"),
        ("предпоследняя группа триста двадцать один", "916, 321, 45 67"),
        ("последняя группа сорок пять шестьдесят восемь", "916, 123, 45 68"),
        ("нет шестьдесят четыре", "916, 123, 45 64"),  # 67 is more like it than 45
        ("нет сто двадцать четыре", "916, 124, 45 67"),
        ("во второй группе сто двадцать четыре а в третьей сорок пять шестьдесят восемь", "916, 124, 45 68"),
        ("нет девятьсот двадцать шесть сто двадцать три сорок пять шестьдесят семь", "926, 123, 45 67"),
        ("124 во второй группе", "916, 124, 45 67"),
        ("не шестьдесят четыре", "916, 123, 45 64"),  # a clipped «нет»
    ],
)
def test_a_number_without_a_check_digit_is_corrected_where_it_was_named(said: str, grouped: str) -> None:
    assert correct(said, PHONE_NUMBER, PHONE) == Corrected(grouped)


@pytest.mark.parametrize(
    ("said", "grouped"),
    [
        ("год восемьдесят шестой", "12, 05, 19 86"),
        ("год тысяча девятьсот восемьдесят шестой", "12, 05, 19 86"),
        ("нет месяц шестой", "12, 06, 19 85"),
        ("не мая а июня", "12, 06, 19 85"),
        ("число тринадцатое", "13, 05, 19 85"),
        ("вторая группа ноль шесть", "12, 06, 19 85"),
        ("нет тринадцатое июня восемьдесят шестого", "13, 06, 19 86"),
    ],
)
def test_a_date_is_corrected_by_its_parts(said: str, grouped: str) -> None:
    assert correct(said, DAY, DATE, lengths=DATE_GROUPS) == Corrected(grouped)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("нет вторая группа неправильно", Unclear.DIGITS),
        ("вторая", Unclear.DIGITS),
        ("не сто двадцать три", Unclear.DIGITS),
        ("пятьдесят четыре во второй группе", Unclear.DIGITS),  # which two of its three?
        ("нет восемьдесят девять", Unclear.GROUP),  # as unlike 45 as 67
        ("девятая цифра пятнадцать", Unclear.UNFIT),
        ("седьмая группа сорок пять", Unclear.UNFIT),
    ],
)
def test_what_does_not_say_enough_is_asked_for(said: str, missing: Unclear) -> None:
    assert correct(said, PHONE_NUMBER, PHONE) == missing


def test_a_correction_that_breaks_the_check_digit_is_none() -> None:
    assert correct("вторая группа пятьдесят два", CARD_NUMBER, CARD) is Unclear.UNFIT


@pytest.mark.parametrize(
    "said", ["да", "нет", "", "[unk]", "нет не так", "два", "верно", "последние цифры шестьдесят семь"]
)
def test_what_changes_nothing_is_no_correction(said: str) -> None:
    assert correct(said, PHONE_NUMBER, PHONE) is None


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("нет восемьдесят девять", "вторая"),
        ("нет восемьдесят девять", "два"),
        ("нет восемьдесят девять", "последняя"),
        ("нет третья группа", "восемьдесят девять шестьдесят семь"),
        ("не сорок пять", "восемьдесят девять"),
    ],
)
def test_two_halves_make_a_correction(before: str, said: str) -> None:
    outcome = correct(completed(before, said), "91, 61, 45 67", NumberRule((8,)))
    assert isinstance(outcome, Corrected)
    assert "89" in outcome.grouped


def test_another_reading_may_be_the_one_that_fits() -> None:
    heard = ("вторая группа пятьдесят два", "вторая группа двадцать", "вторая группа двадцать пять")
    assert correct(heard[0], CARD_NUMBER, CARD, heard[1:]) == Corrected("77 89, 25 73, 25 96, 71 47")


@given(st.data(), st.text("0123456789", min_size=10, max_size=16), st.text("0123456789", min_size=4, max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_group_that_is_named_with_all_its_digits_is_that_group(data: st.DataObject, number: str, new: str) -> None:
    grouped = in_groups(number)
    groups = list(groups_of(grouped))
    index = data.draw(st.integers(0, len(groups) - 1))
    new = new[: len(groups[index])]
    assume(new != groups[index])
    said = f"нет в {ORDINALS[index]} группе {data.draw(said_group(new))}"
    outcome = correct(said, grouped, NumberRule((len(number),)))
    assert isinstance(outcome, Corrected)
    groups[index] = new
    assert digits_of(outcome.grouped) == "".join(groups)


@given(st.lists(st.sampled_from(MEAN_WORDS), max_size=20))
@settings(max_examples=300, deadline=None)
def test_a_correction_keeps_the_rule_whatever_is_said(heap: list[str]) -> None:
    for grouped, rule in ((CARD_NUMBER, CARD), (PHONE_NUMBER, PHONE), (DAY, DATE)):
        outcome = correct(" ".join(heap), grouped, rule)
        if isinstance(outcome, Corrected):
            assert rule.allows(digits_of(outcome.grouped))


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_two_thousand_words_correct_nothing_and_break_nothing(random: Random) -> None:
    said = " ".join(random.choices(MEAN_WORDS, k=2000))
    for grouped, rule in ((CARD_NUMBER, CARD), (PHONE_NUMBER, PHONE), (DAY, DATE)):
        outcome = correct(said, grouped, rule)
        assert not isinstance(outcome, Corrected) or rule.allows(digits_of(outcome.grouped))


@given(st.text(), st.text())
def test_no_text_breaks_a_correction(before: str, text: str) -> None:
    correct(completed(before, text), PHONE_NUMBER, PHONE)
