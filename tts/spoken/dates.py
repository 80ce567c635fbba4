"""Dates in Russian words."""

from __future__ import annotations

from datetime import date
from typing import Literal

from num2words import num2words

_MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)


def date_words(day: date, *, case: Literal["genitive", "nominative"] = "genitive", year: bool = False) -> str:
    """Say a date: «двенадцатого мая», in the nominative «двенадцатое мая», with year «… две тысячи пятого года»."""
    ordinal = num2words(day.day, lang="ru", to="ordinal", gender="n", case=case[0])
    said = f"{ordinal} {_MONTHS[day.month - 1]}"
    if year:
        said += f" {num2words(day.year, lang='ru', to='ordinal', case='g')} года"
    return said
