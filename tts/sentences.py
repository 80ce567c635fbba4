"""Cutting a Russian prompt into sentences, which are spoken and kept one by one."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…]+[»\")]*(?=\s)")
_ABBREVIATIONS = frozenset(
    {"г", "гг", "ул", "д", "кв", "стр", "корп", "обл", "р", "руб", "коп", "тыс", "млн", "им", "пр", "просп", "пер",
     "т", "тел", "доб", "см", "ср", "др", "проч", "напр", "мин", "сек", "ч", "шт", "св", "пл", "наб", "бул", "н", "э"}
)  # fmt: skip
_LAST_WORD = re.compile(r"([^\W\d_]+)$")


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order, without those that hold nothing to speak."""
    found = []
    start = 0
    for end in _END.finditer(text):
        if _ends_here(text, start, end):
            found.append(text[start : end.end()])
            start = end.end()
    found.append(text[start:])
    return [piece.strip() for piece in found if any(character.isalnum() for character in piece)]


def _ends_here(text: str, start: int, end: re.Match[str]) -> bool:
    after = text[end.end() :].lstrip()
    if not after:
        return True
    if end.group()[0] != "." or len(end.group()) > 1:
        # «Что?! сказал он»: a small letter goes on with the sentence.
        return not after[0].islower()
    if after[0].islower():
        return False
    word = _LAST_WORD.search(text, start, end.start())
    # Abbreviations and initials: «ул. Ленина», «И. И. Иванов»
    return word is None or not (word.group().lower() in _ABBREVIATIONS or len(word.group()) == 1)
