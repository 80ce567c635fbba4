"""Yes and no, as people say them on the telephone."""

from __future__ import annotations

from dialogs.grammar.words import UNKNOWN, find, phrase_words, words

YES = (
    "да",
    "ага",
    "угу",
    "да да",
    "да конечно",
    "да верно",
    "да всё верно",
    "да правильно",
    "да хочу",
    "да нужно",
    "конечно",
    "верно",
    "правильно",
    "всё верно",
    "всё правильно",
    "так точно",
    "точно",
    "хорошо",
    "ладно",
    "согласен",
    "согласна",
    "подтверждаю",
)
NO = (
    "нет",
    "нет нет",
    "да нет",
    "нет неверно",
    "нет неправильно",
    "нет спасибо",
    "неверно",
    "неправильно",
    "не верно",
    "не правильно",
    "не точно",
    "не хочу",
    "не надо",
    "не нужно",
    "не согласен",
    "не согласна",
    "не подтверждаю",
)
NOT_FOR_THE_RECOGNISER = frozenset({"да да", "нет нет", "да нет", "не верно", "не правильно", "не точно"})
"""Understood when heard, but bad company in a phrase list: it would lengthen plain answers."""

_NODS = frozenset({"ага", "угу"})


def phrases() -> tuple[str, ...]:
    """Return what a recogniser should listen for."""
    return tuple(phrase for phrase in YES + NO if phrase not in NOT_FOR_THE_RECOGNISER)


def parse(text: str, more_yes: tuple[str, ...] = (), more_no: tuple[str, ...] = ()) -> bool | None:
    """Read yes or no; None when neither or both were said.

    «Да нет» is a no, as any Russian knows; the longest phrases are taken first, so that «не верно» is no «верно».
    Beside unknown speech a nod or a lone «не» is no answer: a recogniser finds them in any other talk.
    """
    found, _ = _read(text, more_yes, more_no)
    return found.pop() if len(found) == 1 else None


def without(text: str) -> str:
    """Take the text's yes and no for unknown speech; the same text when there are none."""
    found, rest = _read(text)
    return " ".join(word or UNKNOWN for word in rest) if found else text


def _read(
    text: str, more_yes: tuple[str, ...] = (), more_no: tuple[str, ...] = ()
) -> tuple[set[bool], tuple[str, ...]]:
    """Return what was answered, and the other words with a stop in each answer's place."""
    said = words(text)
    if UNKNOWN in text:
        said = tuple("" if word in _NODS else word for word in said)
    elif said == ("не",):  # a clipped «нет»
        return {False}, ("",)
    meanings = {phrase_words(phrase): True for phrase in YES + more_yes}
    meanings |= {phrase_words(phrase): False for phrase in NO + more_no}
    found: set[bool] = set()
    for phrase in sorted(meanings, key=len, reverse=True):
        while phrase and (at := find(phrase, said)) is not None:
            found.add(meanings[phrase])
            # a stop in the place of what was read keeps its neighbours from forming a new phrase
            said = (*said[:at], "", *said[at + len(phrase) :])
    return found, said
