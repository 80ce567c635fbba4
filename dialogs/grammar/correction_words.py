"""Words by which callers say what is wrong with a number: places («во второй группе»), «не …, а …», and digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from dialogs.grammar.dictation import MAX_CHARACTERS, dictation
from dialogs.grammar.number_words import Kind, number_word
from dialogs.grammar.words import words


def _set_of(forms: str) -> frozenset[str]:
    return frozenset(forms.split())


_GROUP = _set_of("группа группе группу группы групп группой группою")
_DIGIT = _set_of("цифра цифре цифру цифры цифр")
_LAST = _set_of("последняя последней последнюю последнее последние последних последний последнем")
_LAST_BUT_ONE = _set_of("предпоследняя предпоследней предпоследнюю")
_FIRST_FEW = _set_of("первые первых")
_END = _set_of("конец конце конца концу заканчивается кончается оканчивается хвост")
_START = _set_of("начало начале начала вначале сначала начинается")
_IN = _set_of("в во")
_NOT = _set_of("не вместо")
_BUT = _set_of("а но надо нужно должно")
_OF_DATES = {
    0: _set_of("день дня число числа"),
    1: _set_of("месяц месяца месяце"),
    2: _set_of("год года году"),
}
_FEMININE = ("ая", "ой", "ую", "ья", "ьей", "ью")
MAX_GROUPS = 6


class PlaceKind(Enum):
    """How a place in a number is named."""

    GROUP = auto()
    DIGIT = auto()
    START = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Place:
    """Where digits are wrong; `index` counts from 0, from the end below 0."""

    kind: PlaceKind
    index: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Digits and where they go."""

    digits: str  # in words; empty when `instead` holds both the wrong and the right ones
    place: Place | None = None
    instead: str = ""  # in words: what they take the place of


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one answer corrects."""

    changes: tuple[Change, ...]
    places: tuple[Place, ...]  # all that were named, with or without digits

    @property
    def say_what_is_wrong(self) -> bool:
        """Say whether a place was named, or digits that are wrong: this is no dictation of a whole number."""
        return bool(self.places) or any(change.instead for change in self.changes)


@dataclass(frozen=True, slots=True)
class _Not:
    pass


@dataclass(frozen=True, slots=True)
class _But:
    pass


@dataclass(frozen=True, slots=True)
class _Digits:
    words: tuple[str, ...]


_Token = Place | _Not | _But | _Digits


def read_changes(text: str) -> Changes:
    """Find places and digits, and which belong together."""
    tokens = _merged(_tokens(words(text[:MAX_CHARACTERS])))
    places = tuple(token for token in tokens if isinstance(token, Place))
    return Changes(tuple(_changes(tokens)), places)


def speaks_of_digits(text: str) -> bool:
    """Say whether digits or places of a number were named."""
    return bool(dictation(text).words) or bool(read_changes(text).places)


def _tokens(said: tuple[str, ...]) -> Iterator[_Token]:
    at = 0
    is_begun = False  # with a place or digits
    while at < len(said):
        token, at = _token(said, at, is_begun and said[at - 1] not in _IN)
        if token is not None:
            is_begun = isinstance(token, Place | _Digits)
            yield token


def _token(said: tuple[str, ...], at: int, is_begun: bool) -> tuple[_Token | None, int]:
    word, following = said[at], said[at + 1] if at + 1 < len(said) else ""
    number = number_word(word)
    ordinal = number.value if number is not None and number.ordinal and number.kind is Kind.UNIT else 0
    match word:
        case _ if following in _GROUP and word in _LAST:
            return Place(PlaceKind.GROUP, -1), at + 2
        case _ if word in _LAST_BUT_ONE:
            return Place(PlaceKind.GROUP, -2), at + 1 + (following in _GROUP)
        case _ if word in _LAST or word in _END:
            return Place(PlaceKind.END), at + 1 + (following in _DIGIT)
        case _ if word in _FIRST_FEW or word in _START:
            return Place(PlaceKind.START), at + 1 + (following in _DIGIT)
        case _ if ordinal and following in _GROUP:
            return Place(PlaceKind.GROUP, ordinal - 1), at + 2
        case _ if ordinal and following in _DIGIT:
            return Place(PlaceKind.DIGIT, ordinal - 1), at + 2
        case _ if 1 <= ordinal <= MAX_GROUPS and word.endswith(_FEMININE) and not is_begun:
            return Place(PlaceKind.GROUP, ordinal - 1), at + 1
        case _ if word in _GROUP:
            at += 1 + (following == "номер")
            count = number_word(said[at]) if at < len(said) else None
            if count is not None and count.kind is Kind.UNIT and 1 <= count.value <= MAX_GROUPS:
                return Place(PlaceKind.GROUP, count.value - 1), at + 1
            return None, at
        case _ if word in _NOT:
            return _Not(), at + 1
        case _ if word in _BUT:
            return _But(), at + 1
        case _ if number is not None:
            return _Digits((word,)), at + 1
        case _:
            part = next((index for index, names in _OF_DATES.items() if word in names), None)
            return (Place(PlaceKind.GROUP, part) if part is not None else None), at + 1


def _merged(tokens: Iterator[_Token]) -> list[_Token]:
    """Join neighbouring digits; leave out what says nothing where it stands."""
    merged: list[_Token] = []
    for token in tokens:
        last = merged[-1] if merged else None
        match last, token:
            case _Digits(before), _Digits(more):
                merged[-1] = _Digits(before + more)
            case Place(), Place():
                merged[-1] = token
            case _:
                merged.append(token)
    return merged


def _changes(tokens: list[_Token]) -> Iterator[Change]:
    """Read place and digits in either order, «не X, а Y» and «Y, а не X»."""
    at = 0
    place: Place | None = None
    while at < len(tokens):
        match tokens[at : at + 4]:
            case [_Not(), _Digits(wrong), _But(), _Digits(right), *_]:
                yield Change(" ".join(right), place, " ".join(wrong))
                at, place = at + 4, None
            case [_Digits(right), _But(), _Not(), _Digits(wrong), *_]:
                yield Change(" ".join(right), place, " ".join(wrong))
                at, place = at + 4, None
            case [_Digits(right), _Not(), _Digits(wrong), *_]:
                yield Change(" ".join(right), place, " ".join(wrong))
                at, place = at + 3, None
            case [_Not(), _Digits(both), *_]:
                yield Change("", place, " ".join(both))
                at, place = at + 2, None
            case [_Digits(right), Place() as after, *rest] if place is None and not _begins_with_digits(rest):
                yield Change(" ".join(right), after)
                at += 2
            case [_Digits(right), *_]:
                yield Change(" ".join(right), place)
                at, place = at + 1, None
            case [Place() as named, *_]:
                at, place = at + 1, named
            case _:
                at += 1


def _begins_with_digits(tokens: list[_Token]) -> bool:
    return next((isinstance(token, _Digits) for token in tokens if not isinstance(token, _But)), False)
