"""Birth dates as people say them: «двенадцатое мая восемьдесят пятого», «пятого третьего девяносто первого».

Day, month and year are said apart; a day or month of one digit is padded, a year of two or three digits completed.
"""

from __future__ import annotations

from dialogs.grammar.checks import birth_date, birth_date_prefix
from dialogs.grammar.dictation import Dictation
from dialogs.grammar.number_words import Kind

MAX_DATE_WORDS = 16
LATEST_SHORT_YEAR = 15
"""«…пятнадцатого года» is 2015, «шестнадцатого» 1916: a holder of a card is hardly younger. No clock is at hand."""
BEGINNINGS_OF_LONG_YEARS = ("19", "20")
"""Never taken for short years: they are the first half of «девятнадцать восемьдесят пять»."""

_HUNDREDS_OF_LAST_CENTURY = "9"
"""«Девятьсот восемьдесят пятого года» is 1985."""


def date_readings(said: Dictation) -> dict[str, float]:
    """Return the dates (ДДММГГГГ) that three spans of the words give, with their costs."""
    if not 3 <= len(said) <= MAX_DATE_WORDS:
        return {}
    found: dict[str, float] = {}
    for first in range(1, min(len(said) - 1, 4)):
        days = said.span_readings(0, first, 2)
        for second in range(first + 1, min(len(said), first + 4)):
            months = _month_readings(said, first, second)
            years = said.span_readings(second, len(said), 4) if days and months else {}
            for day, day_cost in days.items():
                for month, month_cost in months.items():
                    for year, year_cost in years.items():
                        date = day.zfill(2) + month.zfill(2) + _full_year(year)
                        if day and month and birth_date(date):
                            cost = day_cost + month_cost + year_cost
                            found[date] = min(cost, found.get(date, float("inf")))
    return found


def names_a_month(said: Dictation) -> bool:
    """Say whether the month was said by its name; digits alone do not make the date then."""
    return any(word.kind is Kind.MONTH for word in said.words)


def may_go_on(said: Dictation) -> bool:
    """Say whether a short date may be the beginning of a longer one.

    Either some reading begins eight plain digits, or «… два, две» may become «две тысячи …».
    """
    last = said.words[-2:]
    if last[-1].value == 2 and last[-1].kind is Kind.UNIT and last[0].kind is not Kind.TENS:
        return not any(len(digits) == 8 for digits in said.natural)
    reached: list[set[str]] = [set() for _ in range(len(said) + 1)]
    reached[0].add("")
    for start, edges in enumerate(said.edges):
        for text in reached[start]:
            for edge in edges:
                longer = text + edge.digits
                if len(longer) < 8 and birth_date_prefix(longer):
                    reached[edge.end].add(longer)
    return bool(reached[-1])


def _month_readings(said: Dictation, start: int, end: int) -> dict[str, float]:
    if said.words[start].kind is Kind.MONTH:
        return {str(said.words[start].value): 1.0} if end == start + 1 else {}
    return said.span_readings(start, end, 2) if not names_a_month(said) else {}


def _full_year(year: str) -> str:
    if len(year) == 3 and year.startswith(_HUNDREDS_OF_LAST_CENTURY):
        return "1" + year
    if len(year) != 2 or year in BEGINNINGS_OF_LONG_YEARS:
        return year
    return ("20" if int(year) <= LATEST_SHORT_YEAR else "19") + year
