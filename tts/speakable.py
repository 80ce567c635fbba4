"""What may be given to a synthesiser: text without the characters that break or hang one."""

from __future__ import annotations

import re
import unicodedata

from tts.port import TextRefused

# Markup is not for us (SSML), nor are the phoneme codes of espeak-ng in double brackets.
_MARKUP = re.compile(r"[<>\[\]{}\\|^~`]")
_SPACE = re.compile(r"\s+")
# No word of any language is this long; espeak-ng takes seconds for one letter repeated a thousand times.
_LONG_RUN = re.compile(r"(.)\1{7,}")


def speakable(text: str, max_chars: int) -> str:
    """Return the text with control characters, surrogates and markup taken out and spaces joined.

    Raises:
        TextRefused: the text is longer than `max_chars`, or has nothing that can be spoken.
    """
    if len(text) > max_chars:
        raise TextRefused(f"text of {len(text)} characters is longer than the limit of {max_chars}")
    kept = "".join(_kept(character) for character in unicodedata.normalize("NFC", text))
    cleaned = _SPACE.sub(" ", _LONG_RUN.sub(r"\1", _MARKUP.sub(" ", kept))).strip()
    if not any(character.isalnum() for character in cleaned):
        raise TextRefused("the text has no letter or digit")
    return cleaned


def _kept(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Cs" | "Co" | "Cn" | "Zl" | "Zp":
            return " "
        case "Cf":  # soft hyphens, joiners, direction marks: inside a word, so no space
            return ""
        case _:
            return character
