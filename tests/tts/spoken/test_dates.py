from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.spoken import date_words


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2025, 5, 12), "двенадцатого мая"),
        (date(2025, 1, 1), "первого января"),
        (date(2025, 3, 3), "третьего марта"),
        (date(2024, 2, 29), "двадцать девятого февраля"),
        (date(2025, 12, 31), "тридцать первого декабря"),
    ],
)
def test_dates_are_said_in_the_genitive(day: date, said: str) -> None:
    assert date_words(day) == said


def test_a_date_can_be_the_subject() -> None:
    assert date_words(date(2025, 9, 3), case="nominative") == "третье сентября"


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (1961, "тысяча девятьсот шестьдесят первого"),
        (1900, "тысяча девятисотого"),
        (2000, "двухтысячного"),
        (2001, "две тысячи первого"),
        (2025, "две тысячи двадцать пятого"),
    ],
)
def test_the_year_follows_when_asked_for(year: int, said: str) -> None:
    assert date_words(date(year, 8, 2), year=True) == f"второго августа {said} года"


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_different_dates_are_told_apart(day: date) -> None:
    following = date.fromordinal(day.toordinal() + 1)

    assert date_words(day, year=True) != date_words(following, year=True)
    assert date_words(day).endswith(("я", "а"))
