"""From recognised text to plain words."""

from __future__ import annotations

import re
from functools import lru_cache

UNKNOWN = "[unk]"
"""What the recogniser writes for speech outside the phrase list."""

_WORD = re.compile(r"[а-яa-z]+|\d+")

FILLERS = frozenset(
    "а ага алло вот вы все-таки вообще девушка добрый день вечер утро ж же здравствуйте значит и извините как-то короче"
    " ли мм может мне можно мой моя мою мое на ну нужно нужен нужна о ой пожалуйста послушайте привет просто с скажите"
    " слушайте со так там типа то тогда тут у угу хотел хотела хотелось хочу э эм это этот эту я бы в по"
    " подскажите узнать про".replace("-", " ").split()
)
"""Words that carry no answer by themselves; a phrase of an option may still contain them."""

GREETINGS = frozenset({"здравствуйте", "привет", "добрый"})
"""Fillers that are worth an answer when nothing else was said."""


def words(text: str) -> tuple[str, ...]:
    """Split into lower-case words with «е» for «ё», without punctuation and without `[unk]`."""
    return tuple(_WORD.findall(text.lower().replace("ё", "е").replace(UNKNOWN, " ")))


@lru_cache(maxsize=4096)
def phrase_words(phrase: str) -> tuple[str, ...]:
    """Split a phrase of a flow; not for what callers say, which must not stay in memory."""
    return words(phrase)


def find(phrase: tuple[str, ...], said: tuple[str, ...]) -> int | None:
    """Return the last position at which the phrase occurs word by word, None when it does not."""
    for start in range(len(said) - len(phrase), -1, -1):
        if said[start : start + len(phrase)] == phrase:
            return start
    return None
