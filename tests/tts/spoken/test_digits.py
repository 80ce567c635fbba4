from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.spoken import digit_group, digits_in_groups, last_digits, phone_words

digits = st.text(alphabet="0123456789", min_size=1, max_size=24)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("5", "пять"),
        ("0", "ноль"),
        ("05", "ноль пять"),
        ("00", "ноль-ноль"),
        ("916", "девятьсот шестнадцать"),
        ("012", "ноль двенадцать"),
        ("000", "ноль-ноль-ноль"),
        ("7789", "семьдесят семь восемьдесят девять"),
        ("0012", "ноль-ноль двенадцать"),
        ("2005", "двадцать ноль пять"),
        ("12345", "сто двадцать три сорок пять"),
    ],
)
def test_a_group_is_said_by_pairs_and_zeros_one_by_one(group: str, said: str) -> None:
    assert digit_group(group) == said


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_no_two_groups_sound_the_same(length: int) -> None:
    assert len({digit_group(f"{number:0{length}}") for number in range(10**length)}) == 10**length


def test_a_card_number_is_said_in_groups_with_pauses() -> None:
    assert digits_in_groups("7789 0000-1111 2222", (4, 4, 4, 4)) == (
        "семьдесят семь восемьдесят девять, ноль-ноль ноль-ноль, одиннадцать одиннадцать, двадцать два двадцать два"
    )


@given(digits, st.lists(st.integers(1, 6), max_size=5))
def test_every_digit_is_in_some_group(number: str, lengths: list[int]) -> None:
    said = digits_in_groups(number, lengths)

    covered = sum(lengths)
    groups, start = [], 0
    for length in (*lengths, len(number)):
        groups.append(number[start : start + length])
        start += length
    assert said.split(", ") == [digit_group(group) for group in groups if group]
    assert covered >= len(number) or said.count(",") == len(lengths)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("7789000011112222", "двадцать два двадцать два"),
        ("7789 0000 1111 0012", "ноль-ноль двенадцать"),
        ("•••• 2222", "двадцать два двадцать два"),
        ("…0700", "ноль семь ноль-ноль"),
        ("12", "двенадцать"),
    ],
)
def test_the_last_digits_of_a_card_are_said_also_behind_a_mask(card: str, said: str) -> None:
    assert last_digits(card) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+79161234567", "плюс семь, девятьсот шестнадцать, сто двадцать три, сорок пять, шестьдесят семь"),
        ("8 (495) 100-00-01", "восемь, четыреста девяносто пять, сто, ноль-ноль, ноль один"),
        ("9161234567", "девятьсот шестнадцать, сто двадцать три, сорок пять, шестьдесят семь"),
        ("112", "сто двенадцать"),
        ("0", "ноль"),
        ("12-34-56", "двенадцать, тридцать четыре, пятьдесят шесть"),
    ],
)
def test_telephone_numbers_are_said_as_they_are_written(number: str, said: str) -> None:
    assert phone_words(number) == said


@given(digits)
def test_any_number_of_digits_can_be_said_as_a_telephone_number(number: str) -> None:
    assert phone_words(number) == phone_words(f" {number} ")
    assert phone_words(f"+{number}") == f"плюс {phone_words(number)}"


@pytest.mark.parametrize("number", ["", "12a4", "١٢٣", "—", "+"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError):
        digits_in_groups(number, (4,))
    with pytest.raises(ValueError):
        phone_words(number)


def test_a_mask_without_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="no digits"):
        last_digits("•••• ••••")
