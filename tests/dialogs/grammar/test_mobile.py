from __future__ import annotations

import pytest

from dialogs.grammar.checks import Check
from dialogs.grammar.digits import NumberRule, choose, complete

RULE = NumberRule((10, 11), check=Check.MOBILE)


@pytest.mark.parametrize("digits", ["9160000001", "89160000001", "79160000001"])
def test_ten_digits_from_nine_or_eleven_with_seven_or_eight_before(digits: str) -> None:
    assert RULE.allows(digits)


@pytest.mark.parametrize("digits", ["91600000012", "8916000000", "84950000001", "99160000001", "5160000001"])
def test_a_digit_too_many_or_too_few_or_another_network_is_no_mobile_number(digits: str) -> None:
    assert not RULE.allows(digits)


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("восемь девятьсот шестнадцать ноль ноль ноль ноль ноль ноль два", "89160000002"),
        ("плюс семь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь", "79161234567"),
        ("девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь", "9161234567"),
    ],
)
def test_it_is_understood_with_and_without_its_first_digit(said: str, digits: str) -> None:
    choice = choose(said, RULE)
    assert choice is not None
    assert choice.digits == digits


def test_the_caller_is_not_cut_off_after_ten_digits_of_eleven() -> None:
    assert not complete("восемь девятьсот шестнадцать ноль ноль ноль ноль ноль ноль", RULE)
    assert complete("восемь девятьсот шестнадцать ноль ноль ноль ноль ноль ноль два", RULE)
