"""Rules that a complete number must keep."""

from __future__ import annotations

from enum import StrEnum

EARLIEST_YEAR, LATEST_YEAR = 1900, 2029
"""Of a birth date. The engine has no clock, so the bound is wide; the loyalty system knows the real date."""


class Check(StrEnum):
    """How a number proves itself."""

    NONE = "none"
    LUHN = "luhn"  # ISO/IEC 7812-1, annex B
    BIRTH_DATE = "birth_date"  # ДДММГГГГ
    MOBILE = "mobile"  # Russian: 9…, ten digits, alone or after 7 or 8


def luhn(digits: str) -> bool:
    """Check the last digit of a card number."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += luhn_term(int(digit), place)
    return bool(digits) and total % 10 == 0


def luhn_term(digit: int, place: int) -> int:
    """Return what a digit adds to the Luhn sum; `place` counts from the right, from 0."""
    if place % 2 == 0:
        return digit
    return digit * 2 - 9 if digit > 4 else digit * 2


def days_in_month(month: int, year: int) -> int:
    """Return the length of a month (Gregorian)."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def birth_date(digits: str) -> bool:
    """Say whether ДДММГГГГ is a date on which a living person may have been born."""
    if len(digits) != 8 or not digits.isdecimal():
        return False
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return EARLIEST_YEAR <= year <= LATEST_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(month, year)


def birth_date_prefix(digits: str) -> bool:
    """Say whether these digits can be the beginning of ДДММГГГГ."""
    if digits and digits[0] > "3":
        return False
    if len(digits) >= 2 and not 1 <= int(digits[:2]) <= 31:
        return False
    if len(digits) >= 3 and digits[2] > "1":
        return False
    if len(digits) >= 4 and not 1 <= int(digits[2:4]) <= 12:
        return False
    year = digits[4:8]
    years = (str(EARLIEST_YEAR)[: len(year)], str(LATEST_YEAR)[: len(year)])
    return len(digits) <= 8 and (not year or years[0] <= year <= years[1])


def mobile(digits: str) -> bool:
    """Say whether this is a Russian mobile number: ten digits from 9 on, or eleven with 7 or 8 before them."""
    return mobile_prefix(digits) and len(digits) == (10 if digits.startswith("9") else 11)


def mobile_prefix(digits: str) -> bool:
    """Say whether these digits can be the beginning of a Russian mobile number."""
    national = digits[1:] if digits.startswith(("7", "8")) else digits
    return len(national) <= 10 and national[:1] in ("", "9")


def holds(check: Check, digits: str) -> bool:
    """Apply a rule to a complete number."""
    match check:
        case Check.NONE:
            return True
        case Check.LUHN:
            return luhn(digits)
        case Check.BIRTH_DATE:
            return birth_date(digits)
        case Check.MOBILE:
            return mobile(digits)
