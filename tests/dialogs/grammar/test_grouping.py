from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.grammar.dictation import dictation
from dialogs.grammar.grouping import as_said, digits_of, groups_of, in_groups, regrouped
from dialogs.spoken_filters import FILTERS
from tests.dialogs.grammar.speaking import dictated, numbers

say = FILTERS["groups"]()


@pytest.mark.parametrize(
    ("said", "grouped"),
    [
        ("семьдесят семь восемьдесят девять двадцать пять семьдесят три", "77 89, 25 73"),
        ("семь семь восемь девять два пять семь три", "7 7 8 9, 2 5 7 3"),
        ("девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь", "916, 123, 45 67"),
        ("семь тысяч семьсот восемьдесят девять", "77 89"),
        ("двенадцать тысяч триста", "12 300"),
        ("семьдесят семь, восемьдесят девять двадцать пять", "77, 89 25"),  # groups end where the caller paused
        ("семьдесят семь, восемьдесят девять, двадцать пять", "77 89, 25"),  # who pauses everywhere, groups nothing
        ("семь, семь восемь девять два пять", "7 7 8 9, 2 5"),  # one digit is no group
        ("пять нулей", "0 0 0 0, 0"),
        ("три семёрки двенадцать", "7 7 7, 12"),
        ("семьдесят семь 123456 двенадцать", "77 12, 34 56, 12"),  # keys are grouped as usual
        ("сорок три семёрки", "4 0 7 7, 7"),  # not «сорок семь …»
    ],
)
def test_a_number_is_grouped_as_it_was_said(said: str, grouped: str) -> None:
    assert as_said(dictation(said), dictation(said).natural[0]) == grouped


def test_what_would_sound_like_another_number_is_said_by_digits() -> None:
    assert say(as_said(dictation("двадцать пять"), "205")) == "два ноль пять"
    assert say(in_groups("10045", (3, 2))) == "один ноль ноль, четыре пять"
    assert in_groups("010002010001", (2, 5, 5)) == "01, 0 0 0 2 0, 1 0 0 0 1"


@given(st.data(), numbers, st.lists(st.integers(1, 5), max_size=6))
@settings(max_examples=200, deadline=None)
def test_what_is_read_back_means_the_number_and_no_other(data: st.DataObject, number: str, lengths: list[int]) -> None:
    said = dictation(data.draw(dictated(number)))
    for grouped in (
        as_said(said, number),
        as_said(said, number, lengths),
        in_groups(number),
        in_groups(number, lengths),
    ):
        assert digits_of(grouped) == number
        spoken = say(grouped)
        assert dictation(spoken).natural == (number,)
        assert dictation(spoken.replace(",", "")).natural == (number,), "the pauses may go unheard"
        assert all(len(group) <= 6 for group in groups_of(grouped))


@given(st.data(), numbers, numbers)
@settings(max_examples=100, deadline=None)
def test_a_corrected_number_keeps_its_groups_and_means_no_other(data: st.DataObject, old: str, new: str) -> None:
    grouped = as_said(dictation(data.draw(dictated(old))), old)
    again = regrouped(new, grouped)
    assert digits_of(again) == new
    assert dictation(say(again)).natural == (new,)
    if len(old) == len(new):
        assert [len(group) for group in groups_of(again)] == [len(group) for group in groups_of(grouped)]


def test_groups_of_a_text_may_be_given() -> None:
    assert FILTERS["groups"]("1", "3", "3", "2", "2")("79161234567") == (
        "семь, девятьсот шестнадцать, сто двадцать три, сорок пять, шестьдесят семь"
    )
    with pytest.raises(TypeError):
        FILTERS["groups"]("0")
    with pytest.raises(ValueError, match="digits"):
        say("")
