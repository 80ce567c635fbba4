from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.grammar.checks import Check, luhn
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import NumberRule, complete, settle
from dialogs.grammar.number_words import number_word
from tests.dialogs.grammar.speaking import card_numbers, dictated, numbers

CARD = NumberRule((16,), ("7789",), Check.LUHN)


@given(st.data(), numbers)
@settings(max_examples=300)
def test_every_number_said_in_any_grouping_is_among_the_readings(data: st.DataObject, number: str) -> None:
    said = data.draw(dictated(number))
    assert dictation(said).can_be(number)


@given(st.data(), card_numbers)
@settings(max_examples=300)
def test_a_card_number_is_settled_by_length_prefix_and_check_digit(data: st.DataObject, number: str) -> None:
    said = data.draw(dictated(number))
    readings = [reading.digits for reading in settle(said, CARD)]
    assert all(luhn(reading) and len(reading) == 16 and reading.startswith("7789") for reading in readings)
    if dictation(said).natural == (number,):
        assert readings[0] == number


@given(st.data(), card_numbers)
def test_a_card_dictated_by_single_digits_or_pairs_has_one_reading(data: st.DataObject, number: str) -> None:
    from tests.dialogs.grammar.speaking import UNITS, said_pair

    by_ones = " ".join(UNITS[int(digit)] for digit in number)
    by_twos = " ".join(said_pair(number[at : at + 2]) for at in range(0, 16, 2))
    for said in (by_ones, by_twos):
        assert settle(said, CARD)[0].digits == number
        assert complete(said, CARD)


@given(st.lists(st.sampled_from(sorted(["двадцать", "сто", "тысяч", "тысяча", "пять", "ноль", "нуля", "три", "раза"]))))
@settings(max_examples=300)
def test_no_heap_of_number_words_breaks_the_parser(heap: list[str]) -> None:
    said = " ".join(heap)
    for rule in (CARD, NumberRule((10, 16, 19)), NumberRule((8,), (), Check.BIRTH_DATE)):
        for reading in settle(said, rule):
            assert rule.allows(reading.digits)
        assert complete(said, rule) in (True, False)


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    settle(text, CARD)
    complete(text, CARD)
    settle(text, NumberRule((8,), (), Check.BIRTH_DATE))


def test_work_is_bounded_where_readings_are_without_number() -> None:
    said = dictation(" ".join(["сто двадцать пять"] * 21))  # 4 ** 21 readings
    assert len(said) == 63
    assert sum(len(edges) for edges in said.edges) < 63 * 12
    assert settle(" ".join(["сто двадцать пять"] * 6), NumberRule((18, 24))) != ()


def test_a_text_with_more_number_words_than_anybody_dictates_has_no_reading() -> None:
    assert settle("один " * 65, NumberRule((16,))) == ()


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("семьдесят семь восемьдесят девять", "7789"),
        ("семь тысяч семьсот восемьдесят девять", "7789"),
        ("семь тысяч ноль двенадцать", "7012"),
        ("две тысячи пять", "2005"),
        ("тысяча девятьсот восемьдесят пять", "1985"),
        ("тыща двести", "1200"),
        ("два нуля", "00"),
        ("ноль-ноль", "00"),
        ("двойной ноль", "00"),
        ("три семёрки", "777"),
        ("шесть девяток", "999999"),
        ("три раза по семь", "777"),
        ("одна две нуль", "120"),
        ("сто двадцать пять", "125"),
        ("пятьсот", "500"),
        ("восьмёрка девятка", "89"),
        ("семьюдесятью", "70"),
        ("номер карты семь семь [unk] восемь девять", "7789"),
        ("77 89", "7789"),
        ("двухсот пяти", "205"),
        ("сорок два нуля", "4000"),
        ("седьмая восьмая", "78"),
    ],
)
def test_the_natural_reading_of(said: str, digits: str) -> None:
    natural = dictation(said).natural
    assert (digits in natural) if digits else natural == ()


@pytest.mark.parametrize(
    ("said", "also"),
    [
        ("двадцать пять", "205"),
        ("сто двадцать пять", "100205"),
        ("сорок два нуля", "420"),
        ("пять тысяча", "51000"),
        ("сто ноль пять", "105"),
        ("сто ноль пять", "10005"),
    ],
)
def test_less_natural_readings_are_kept(said: str, also: str) -> None:
    assert dictation(said).can_be(also)


def test_length_chooses_less_natural_readings() -> None:
    said = "семьдесят семь восемьдесят девять двадцать пять"
    assert dictation(said).natural == ("778925",)
    assert {reading.digits for reading in settle(said, NumberRule((7,)))} == {"7078925", "7780925", "7789205"}
    assert [reading.digits for reading in settle(said, NumberRule((7,), ("7789",)))] == ["7789205"]


def test_a_number_is_not_complete_while_digits_are_missing() -> None:
    groups = [
        "семьдесят семь восемьдесят девять",
        "ноль ноль ноль ноль",
        "ноль ноль ноль ноль",
        "двадцать два двадцать два",
    ]
    for count in (1, 2, 3):
        assert not complete(" ".join(groups[:count]), CARD)
    assert complete(" ".join(groups), CARD)


@given(card_numbers)
@settings(max_examples=300)
def test_nobody_is_cut_off_in_the_middle_of_a_card(number: str) -> None:
    """Said in pairs, no beginning counts as the whole number, whatever else it could be read as."""
    from tests.dialogs.grammar.speaking import said_pair

    pairs = [said_pair(number[at : at + 2]) for at in range(0, 16, 2)]
    for count in range(1, 8):
        assert not complete(" ".join(pairs[:count]), CARD)


def test_a_number_that_may_be_longer_is_not_complete() -> None:
    assert not complete("один два три четыре", NumberRule((4, 6)))
    assert complete("один два три четыре пять шесть", NumberRule((4, 6)))


def test_a_ten_at_the_end_waits_for_its_unit_unless_the_check_digit_rules_that_out() -> None:
    assert not complete("один два двадцать", NumberRule((4,)))
    assert complete("один два двадцать пять", NumberRule((4,)))
    assert complete("четыре два двадцать", NumberRule((4,), (), Check.LUHN)) is luhn("4220")


def test_every_number_word_is_found_with_and_without_dots_over_the_letter() -> None:
    assert number_word("четырех") is not None
    assert dictation("четырёх").natural == ("4",)


@pytest.mark.parametrize("number", ["7789000000002222", "79927398713", "4561261212345467"])
def test_luhn_accepts(number: str) -> None:
    assert luhn(number)


@pytest.mark.parametrize("number", ["7789000000002223", "79927398710", ""])
def test_luhn_refuses(number: str) -> None:
    assert not luhn(number)
