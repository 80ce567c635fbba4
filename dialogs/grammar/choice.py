"""One of several options, by the phrases that name it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dialogs.grammar.words import FILLERS, find, phrase_words, words


@dataclass(frozen=True, slots=True)
class Option:
    """One answer and the phrases that mean it."""

    value: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """An option that was heard, and how much of the speech speaks for it."""

    value: str
    phrase: tuple[str, ...]


def _sounded(spoken: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out «у», «в», «с», «к»: on a telephone they are hardly heard."""
    return tuple(word for word in spoken if len(word) > 1) or spoken


def _told_apart(phrase: tuple[str, ...]) -> int:
    """Count the words that carry meaning: «узнать баланс» says no more than «баланс»."""
    return sum(word not in FILLERS for word in phrase) or 1


def match(text: str, options: Iterable[Option]) -> Match | None:
    """Return the option with the most specific phrase in the text; None when none or several fit equally well."""
    said = _sounded(words(text))
    best: list[Match] = []
    for option in options:
        for wording in option.phrases:
            phrase = _sounded(phrase_words(wording))
            if not phrase or find(phrase, said) is None:
                continue
            weight = _told_apart(phrase)
            if best and weight < _told_apart(best[0].phrase):
                continue
            if best and weight > _told_apart(best[0].phrase):
                best = []
            best.append(Match(option.value, phrase))
    if len({found.value for found in best}) != 1:
        return None
    return max(best, key=lambda found: len(found.phrase))


def can_grow_into_another(text: str, found: Match, options: Iterable[Option]) -> bool:
    """Say whether words still to come could turn the match into another option («карта» … «карта потерялась»).

    The end of a longer match is not taken for the beginning of something else: «узнать баллы» is not «баллы сгорели».
    """
    said = _sounded(words(text))
    matched_from = find(found.phrase, said) or 0
    inside_match = range(matched_from + 1, matched_from + len(found.phrase))
    for option in options:
        if option.value == found.value:
            continue
        for wording in option.phrases:
            phrase = _sounded(phrase_words(wording))
            if _told_apart(phrase) < _told_apart(found.phrase):
                continue
            for length in range(1, min(len(phrase) - 1, len(said)) + 1):
                begun = phrase[:length]
                if len(said) - length in inside_match:
                    continue
                if said[-length:] == begun and not FILLERS.issuperset(begun):
                    return True
    return False
