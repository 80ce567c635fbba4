"""Numbers in Russian words."""

from __future__ import annotations

from enum import StrEnum

from num2words import num2words

MAX_NUMBER = 999_999_999_999


class Gender(StrEnum):
    """Of the noun that is counted: «один балл», «одна карта», «одно письмо»."""

    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


class Case(StrEnum):
    """Of the number; accusative is that of lifeless things."""

    NOMINATIVE = "n"
    GENITIVE = "g"
    DATIVE = "d"
    ACCUSATIVE = "a"
    INSTRUMENTAL = "i"
    PREPOSITIONAL = "p"


def number_words(number: int, *, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    """Say a whole number: 1250 is «тысяча двести пятьдесят».

    Raises:
        ValueError: beyond 999 999 999 999.
    """
    if abs(number) > MAX_NUMBER:
        raise ValueError(f"{number} is too large to be said")
    if number < 0:
        return f"минус {number_words(-number, gender=gender, case=case)}"
    # The gender concerns the last three digits only: num2words 0.5.14 says «одна миллион» otherwise.
    thousands, units = divmod(number, 1000)
    words = []
    if thousands:
        said = num2words(thousands * 1000, lang="ru", case=case.value, animate=False)
        # «тысяча», not «одна тысяча», at the beginning
        words.append(said.split(" ", 1)[1] if thousands == 1 else said)
    if units or not thousands:
        words.append(num2words(units, lang="ru", case=case.value, gender=gender.value, animate=False))
    return " ".join(words)
