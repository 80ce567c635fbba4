"""Russian telephone numbers in one form, and digits made safe to log."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"[\s().\-\u2010-\u2015]+")
_RUSSIAN = re.compile(r"(?:\+?7|8|\+8(?=9))?([3-9][0-9]{9})", re.ASCII)
"""«+8 9…» is a slip for «8 9…»: no country has the code 89."""
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)


def normalise_phone(text: str | None) -> str | None:
    """Bring a telephone number to E.164; None when it is no full number.

    Understands «8 (916) 000-00-01», «79160000001», «+7 916 …» and ten digits as Russian; a number of another country
    only with its plus, since bare digits would be a guess. Internal numbers, «anonymous» and None give None.
    """
    if text is None:
        return None
    compact = _PUNCTUATION.sub("", text)
    if russian := _RUSSIAN.fullmatch(compact):
        return f"+7{russian[1]}"
    if _INTERNATIONAL.fullmatch(compact) and not compact.startswith("+7"):
        return compact
    return None


def mask_digits(text: str, keep: int = 4) -> str:
    """Replace each digit by a star but the last `keep`, and never leave more than half of them readable."""
    digits = sum(character.isdigit() for character in text)
    hidden = digits - min(keep, digits // 2)
    masked = []
    for character in text:
        if character.isdigit() and hidden > 0:
            hidden -= 1
            masked.append("*")
        else:
            masked.append(character)
    return "".join(masked)
