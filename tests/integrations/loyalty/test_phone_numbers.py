from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.loyalty.phone_numbers import mask_digits, normalise_phone


@pytest.mark.parametrize(
    "written",
    [
        "89160000001",
        "79160000001",
        "+79160000001",
        "9160000001",
        "8 (916) 000-00-01",
        "+7 916 000‑00‑01",
        "8.916.0000001",
        "+89160000001",
    ],
)
def test_a_russian_number_has_one_form_however_it_is_written(written: str) -> None:
    assert normalise_phone(written) == "+79160000001"


@pytest.mark.parametrize("written", ["+375291234567", "+14155550100", "+84912345678"])
def test_a_number_of_another_country_is_kept_as_it_is(written: str) -> None:
    assert normalise_phone(written) == written


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "anonymous",
        "1001",
        "112",
        "375291234567",
        "+7916000000",
        "+791600000011",
        "891600000011",
        "+7 116 000-00-01",
        "00000000000",
        "٨٩١٦٠٠٠٠٠٠١",
        "89160000001;ext=5",
        "+",
    ],
)
def test_what_is_no_full_number_is_none(written: str | None) -> None:
    assert normalise_phone(written) is None


@given(st.text(alphabet="+0123456789 ()-x", max_size=20))
def test_what_comes_out_is_e164_and_stays_so(written: str) -> None:
    number = normalise_phone(written)
    if number is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{7,14}", number)
        assert normalise_phone(number) == number


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("7789000011112222", "************2222"),
        ("7789 0000 1111 2222", "**** **** **** 2222"),
        ("+79160000001", "+*******0001"),
        ("123456", "***456"),
        ("1", "*"),
        ("", ""),
        ("anonymous", "anonymous"),
    ],
)
def test_only_the_last_digits_stay_readable(text: str, masked: str) -> None:
    assert mask_digits(text) == masked


@given(st.text(max_size=40), st.integers(0, 10))
def test_never_more_than_half_of_the_digits_stay_readable(text: str, keep: int) -> None:
    shown = sum(character.isdigit() for character in mask_digits(text, keep))
    assert shown <= min(keep, sum(character.isdigit() for character in text) // 2)
