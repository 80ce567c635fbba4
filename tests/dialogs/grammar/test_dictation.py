from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.grammar.checks import Check, luhn
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import MAX_DETOUR, Doubt, NumberRule, choose, complete, settle
from dialogs.grammar.number_words import number_word
from tests.dialogs.grammar.speaking import (
    MEAN_WORDS,
    UNITS,
    card_numbers,
    dictated,
    numbers,
    said_pair,
    with_check_digit,
)

CARD = NumberRule((16,), ("7789",), Check.LUHN)
DATE = NumberRule((8,), (), Check.BIRTH_DATE)


@given(st.data(), numbers)
@settings(max_examples=300)
def test_every_number_said_in_any_grouping_is_among_the_readings(data: st.DataObject, number: str) -> None:
    said = data.draw(dictated(number))
    assert dictation(said).can_be(number)


@given(st.data(), numbers)
@settings(max_examples=300)
def test_every_number_said_in_any_grouping_is_settled_where_it_keeps_a_rule(data: st.DataObject, number: str) -> None:
    """The beam over readings loses none that length, first digits and check digit leave."""
    number = with_check_digit(number[:-1])
    rule = NumberRule((len(number),), (number[:4],), Check.LUHN)
    said = data.draw(dictated(number))
    readings = {reading.digits: reading.cost for reading in settle(said, rule)}
    assert number in readings or min(readings.values()) + MAX_DETOUR < cost_of(said, number)


def cost_of(said: str, digits: str) -> float:
    """Find out how unnatural it is to mean these digits."""
    (reading,) = settle(said, NumberRule((len(digits),), (digits,)))
    return reading.cost


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_two_thousand_words_in_any_order_break_nothing(random: Random) -> None:
    said = " ".join(random.choices(MEAN_WORDS, k=2000))
    for rule in (CARD, NumberRule(tuple(range(10, 20))), DATE):
        assert choose(said, rule, (said, said)) is None
        assert not complete(said, rule)
    assert dictation(said).natural == ()


@given(st.lists(st.sampled_from(MEAN_WORDS), max_size=64), st.integers(2, 24))
@settings(max_examples=300, deadline=None)
def test_the_work_is_bounded_for_any_words(heap: list[str], length: int) -> None:
    said = dictation(" ".join(heap))
    assert sum(map(len, said.edges)) <= 12 * len(said)
    for reading in settle(" ".join(heap), NumberRule((length,))):
        assert said.can_be(reading.digits)
        assert "".join(part.digits for part in said.parts(reading.digits)) == reading.digits


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
        ("восемь восемьсот", "8800"),
        ("тысяча двести", "1200"),
        ("двенадцать тысяч триста", "12300"),
        ("пять нулей", "00000"),
        ("пара нулей", "00"),
        ("ноль три раза", "000"),
        ("семь дважды", "77"),
        ("шестёрка потом два нуля", "600"),
        ("плюс семь девятьсот шестнадцать", "7916"),
        ("последние две цифры ноль три", "03"),
        ("семьдесят семь 1234 двенадцать", "77123412"),
        ("шестьюстами четырьмя", "604"),
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


@pytest.mark.parametrize(
    ("said", "natural", "also"),
    [
        ("девять сто шестнадцать", "9116", "916"),
        ("пять сто", "5100", "500"),
        ("восемь сто двадцать пять", "8125", "825"),
        ("четыре сто", "4100", "400"),
        ("восемь десять", "810", "80"),
        ("пять десять один", "5101", "51"),
        ("девятьсот восемь десять один", "908101", "981"),
        ("шесть пятьдесят четыре", "654", "64"),
        ("девятьсот шесть пятьдесят четыре", "90654", "964"),
        ("шестьдесят пятьдесят семь", "6057", "67"),
        ("пятьдесят пятьдесят", "5050", "50"),
        ("семь семьдесят один", "771", "71"),
    ],
)
def test_numbers_that_were_heard_as_two_are_read_where_the_rule_wants_them(said: str, natural: str, also: str) -> None:
    assert dictation(said).natural == (natural,)
    number = choose(f"восемь девятьсот три {said} ноль семь двенадцать", NumberRule((8 + len(also),), ("89",)))
    assert number is not None
    assert (number.digits, number.doubt) == (f"8903{also}0712", Doubt.UNNATURAL)


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("два сто", "200"),
        ("девять, сто", "900"),
        ("девятая сто", "900"),
        ("четыре десять", "40"),
        ("восемь, десять", "80"),
        ("восемь пятнадцать", "85"),
        ("шестая пятьдесят", "60"),
        ("шестьдесят семьдесят", "60"),
        ("двадцать пятьдесят", "20"),
    ],
)
def test_other_words_stay_numbers_of_their_own(said: str, never: str) -> None:
    assert not dictation(said).can_be(never)


def test_a_number_heard_as_too_many_digits_is_complete_where_another_reading_keeps_the_rule() -> None:
    begin = "семьдесят семь восемьдесят девять ноль ноль ноль ноль ноль ноль ноль ноль"
    assert complete(f"{begin} двадцать два шесть пятьдесят три", CARD)  # 2263
    assert not complete(f"{begin} двадцать два шесть пятьдесят четыре", CARD)  # 2264 breaks the check rule
    assert not complete(f"{begin} двадцать два шесть", CARD)


def test_a_seven_that_was_lost_is_found_where_the_rule_wants_it() -> None:
    assert [reading.digits for reading in settle("семьдесят восемьдесят девять", NumberRule((4,), ("77",)))] == ["7789"]
    assert not dictation("семьдесят семь").can_be("777")


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


def test_a_pause_makes_two_numbers_likelier_than_one() -> None:
    assert settle("сорок два", NumberRule((2, 3)))[0].digits == "42"
    rule = NumberRule((5,))
    readings = [reading.digits for reading in settle("сорок, два двадцать пять", rule)]
    assert readings[0] == "40225"  # and not 42205, which goes against the natural flow without a pause


def test_the_texts_own_reading_goes_before_its_alternatives() -> None:
    choice = choose("один два три", NumberRule((3,)), ("один два четыре",))
    assert choice is not None
    assert (choice.digits, choice.doubt) == ("123", None)


def test_an_alternative_is_taken_when_the_text_is_no_such_number_and_marked() -> None:
    choice = choose("один два", NumberRule((3,)), ("привет", "один два четыре", "один два пять"))
    assert choice is not None
    assert (choice.digits, choice.said, choice.doubt) == ("124", "один два четыре", Doubt.ALTERNATIVE)


def test_an_alternative_goes_before_an_unnatural_reading_of_the_text() -> None:
    """A missed word is likelier than «двадцать пять» for 205, and there are many such ways to a right check digit."""
    choice = choose("двадцать пять", NumberRule((3,)), ("двадцать пять один",))
    assert choice is not None
    assert (choice.digits, choice.doubt) == ("251", Doubt.ALTERNATIVE)
    choice = choose("двадцать, пять", NumberRule((3,)), ("двадцать пять один",))
    assert choice is not None
    assert (choice.digits, choice.doubt) == ("205", Doubt.UNNATURAL)


def test_a_number_that_may_be_another_one_is_marked() -> None:
    choice = choose("двадцать пять тридцать шесть", NumberRule((5,)))
    assert choice is not None
    assert choice.doubt is Doubt.ANOTHER_READING
    assert choose("двадцать пять", NumberRule((3,), ("9",))) is None


def test_digits_that_are_said_while_they_are_pressed_are_no_complete_number() -> None:
    rule = NumberRule((4,))
    assert not complete("семь, 78, восемь", rule)
    assert not complete("7, семь, 8, восемь", rule)
    assert complete("семь, 98, один", rule)
    assert complete("7890", rule)
