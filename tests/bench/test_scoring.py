from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.asr.scoring import Share, align, confusions, word_error

TEXTS = st.lists(st.sampled_from(["да", "нет", "два", "ноль"]), max_size=8)


def test_equal_texts_have_no_errors() -> None:
    assert align(["да", "верно"], ["да", "верно"]).count == 0


def test_a_word_taken_for_another_one_is_a_substitution() -> None:
    errors = align(["семь", "девять", "два"], ["семь", "десять", "два"])
    assert (errors.substituted, errors.deleted, errors.inserted) == ((("девять", "десять"),), (), ())


def test_lost_and_added_words_are_told_apart() -> None:
    assert align(["ноль", "пять"], ["пять"]).deleted == ("ноль",)
    assert align(["пять"], ["пять", "три"]).inserted == ("три",)


def test_nothing_heard_loses_every_word() -> None:
    assert align(["да", "конечно"], []).deleted == ("конечно", "да")


@given(TEXTS, TEXTS)
def test_errors_turn_one_text_into_the_other_and_are_never_more_than_all_words(
    said: list[str], heard: list[str]
) -> None:
    errors = align(said, heard)
    assert len(said) - len(errors.deleted) + len(errors.inserted) == len(heard)
    assert errors.count <= max(len(said), len(heard))
    assert (errors.count == 0) == (said == heard)
    assert errors.count == align(heard, said).count


def test_the_interval_of_a_share_is_wilsons() -> None:
    low, high = Share(95, 100).interval
    assert (low, high) == pytest.approx((0.8882, 0.9785), abs=0.0002)


def test_all_right_is_not_certainty() -> None:
    low, high = Share(50, 50).interval
    assert high == pytest.approx(1.0)
    assert low == pytest.approx(0.9287, abs=0.0002)


def test_no_cases_say_nothing() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)


def test_word_error_is_over_words_and_not_over_utterances() -> None:
    cases = [align(["да"], ["нет"]), align(["раз", "два", "три", "четыре"], ["раз", "два", "три", "четыре"])]
    rate, low, high = word_error(cases)
    assert rate == pytest.approx(0.2)
    assert low <= rate <= high


def test_word_error_of_nothing_is_none() -> None:
    assert word_error([]) == (0.0, 0.0, 0.0)


def test_confusions_are_counted_with_losses_and_additions() -> None:
    cases = [align(["ноль"], ["пять"]), align(["ноль"], ["пять"]), align(["ноль"], []), align([], ["два"])]
    assert confusions(cases) == [("ноль", "пять", 2), ("ноль", "", 1), ("", "два", 1)]
