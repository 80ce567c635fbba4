from __future__ import annotations

import pytest

from dialogs.engine.vocabulary import Value
from dialogs.spoken_filters import FILTERS


def cards(*endings: tuple[str, str]) -> Value:
    return tuple({"last4": last4, "state": state} for last4, state in endings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (cards(("2222", "active")), "двадцать два двадцать два"),
        (cards(("2222", "active"), ("0005", "issued")), "двадцать два двадцать два и ноль-ноль ноль пять"),
        (
            cards(("1111", "active"), ("2222", "blocked"), ("3333", "active")),
            "одиннадцать одиннадцать, двадцать два двадцать два и тридцать три тридцать три",
        ),
    ],
)
def test_cards_are_named_by_their_last_digits(given: Value, said: str) -> None:
    assert FILTERS["endings"]()(given) == said


def test_only_cards_of_the_named_states_are_told() -> None:
    given = cards(("1111", "issued"), ("2222", "blocked"))
    assert FILTERS["endings"]("blocked")(given) == "двадцать два двадцать два"


def test_a_state_that_does_not_exist_is_a_fault_of_the_text() -> None:
    with pytest.raises(TypeError):
        FILTERS["endings"]("stolen")


@pytest.mark.parametrize("given", [(), cards(("1111", "merged")), "2222"])
def test_without_such_cards_there_is_nothing_to_say(given: Value) -> None:
    with pytest.raises((TypeError, ValueError)):
        FILTERS["endings"]()(given)


def test_a_birth_date_is_said_in_words() -> None:
    said = FILTERS["birth_date"]()("12051985")
    assert said == "двенадцатого мая тысяча девятьсот восемьдесят пятого года"


def test_an_impossible_birth_date_is_not_said() -> None:
    with pytest.raises(ValueError, match="day"):
        FILTERS["birth_date"]()("31021985")
