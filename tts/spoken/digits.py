"""Digits as people dictate them: card numbers in groups, last digits, telephone numbers."""

from __future__ import annotations

from collections.abc import Sequence

from tts.spoken.numbers import number_words


def digit_group(digits: str) -> str:
    """Say one group by pairs: 7789 «семьдесят семь восемьдесят девять», 0012 «ноль-ноль двенадцать».

    An odd group begins with three: 916 «девятьсот шестнадцать», 12345 «сто двадцать три сорок пять». Different
    groups of one length never sound the same.

    Raises:
        ValueError: anything but digits.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("a group of digits holds something else")
    head = 2 if len(digits) % 2 == 0 else min(3, len(digits))
    pieces = [digits[:head], *(digits[at : at + 2] for at in range(head, len(digits), 2))]
    return " ".join(_piece(piece) for piece in pieces)


def digits_in_groups(digits: str, lengths: Sequence[int]) -> str:
    """Say a number in groups with a pause (a comma) between them; what is beyond the lengths is the last group.

    Spaces and dashes in the number are left out.

    Raises:
        ValueError: anything else but digits, or no digits.
    """
    plain = _plain(digits)
    groups = []
    start = 0
    for length in lengths:
        groups.append(plain[start : start + length])
        start += length
    groups.append(plain[start:])
    return ", ".join(digit_group(group) for group in groups if group)


def last_digits(digits: str, count: int = 4) -> str:
    """Say the last digits of a card or telephone number: …2222 «двадцать два двадцать два».

    Spaces, dashes and a mask (`*`, `•`, `…`) before them are left out.

    Raises:
        ValueError: no digits at all.
    """
    found = "".join(character for character in digits if character.isascii() and character.isdigit())
    if not found:
        raise ValueError("no digits")
    return digit_group(found[-count:])


def phone_words(number: str) -> str:
    """Say a telephone number: «плюс семь, девятьсот шестнадцать, сто двадцать три, сорок пять, шестьдесят семь».

    Raises:
        ValueError: no telephone number.
    """
    plus = number.strip().startswith("+")
    plain = _plain(number.strip().removeprefix("+"))
    match len(plain):
        case 11:
            said = digits_in_groups(plain, (1, 3, 3, 2, 2))
        case 10:
            said = digits_in_groups(plain, (3, 3, 2, 2))
        case length if length <= 6:
            said = digits_in_groups(plain, (3 if length % 2 else 2, 2, 2))
        case _:
            said = digits_in_groups(plain, (3,) * (len(plain) // 3))
    return f"плюс {said}" if plus else said


def _plain(digits: str) -> str:
    plain = "".join(character for character in digits if character not in " -\u00a0()")
    if not (plain.isascii() and plain.isdigit()):
        raise ValueError("a number holds something else than digits")
    return plain


def _piece(piece: str) -> str:
    """Say up to three digits, each leading zero by itself."""
    significant = piece.lstrip("0")
    zeros = "-".join(["ноль"] * (len(piece) - len(significant)))
    if not significant:
        return zeros
    return f"{zeros} {number_words(int(significant))}".strip()
