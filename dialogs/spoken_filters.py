"""Spoken forms that texts may ask for: `{slots.points|points}`. Each is a factory: arguments -> form.

| form | value | said |
| --- | --- | --- |
| `points` | 1250 | «тысяча двести пятьдесят баллов» |
| `number` | 1250 | «тысяча двести пятьдесят» |
| `plural:карта,карты,карт` | 2 | «карты» |
| `counted:карта,карты,карт` | 2 | «две карты» (`counted:балл,балла,баллов,m`: gender m, f or n; f by default) |
| `last4` | «…2222» | «двадцать два двадцать два»; masks the rest |
| `groups` | «7789000000002222» | by fours, each by pairs; other lengths: `groups:3,3,2,2` |
| `groups` | «77 89, 0 12» (`answer.groups`) | as it is grouped: «семьдесят семь восемьдесят девять, ноль двенадцать» |
| `date` | «2026-12-01» | «первого декабря» |
| `birth_date` | «12051985» | «двенадцатого мая тысяча девятьсот восемьдесят пятого года» |
| `cards` | list of cards | «на карте двадцать два двадцать два сто баллов; на карте …» |
| `endings` | list of cards | «двадцать два двадцать два и ноль-ноль ноль пять» (`endings:issued,active`) |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from dialogs.customer_facts import birth_date_of
from dialogs.engine.vocabulary import Value
from dialogs.grammar.grouping import USUAL_GROUPS, in_groups
from tts.spoken import Gender, date_words, digit_group, last_digits, number_words, plural, points

Form = Callable[[Value], str]


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _points() -> Form:
    return lambda value: points(_whole(value))


def _number() -> Form:
    return lambda value: number_words(_whole(value))


def _plural(one: str, few: str, many: str) -> Form:
    return lambda value: plural(_whole(value), one, few, many)


def _counted(one: str, few: str, many: str, gender: str = "f") -> Form:
    if gender not in {each.value for each in Gender}:
        raise TypeError("no such gender")

    def say(value: Value) -> str:
        count = _whole(value)
        return f"{number_words(count, gender=Gender(gender))} {plural(count, one, few, many)}"

    return say


def _last4() -> Form:
    return lambda value: last_digits(_text(value), 4)


def _groups(*lengths: str) -> Form:
    if not all(length.isdecimal() and length != "0" for length in lengths):
        raise TypeError("not lengths of groups")
    usual = tuple(map(int, lengths)) or USUAL_GROUPS

    def say(value: Value) -> str:
        written = _text(value)
        if not written:
            raise ValueError("no digits")
        grouped = in_groups(written, usual) if written.isdecimal() else written
        return ", ".join(" ".join(map(digit_group, group.split())) for group in grouped.split(","))

    return say


def _date() -> Form:
    return lambda value: date_words(date.fromisoformat(_text(value)))


def _birth_date() -> Form:
    return lambda value: date_words(birth_date_of(_text(value)), year=True)


def _cards() -> Form:
    return _say_cards


def _say_cards(value: Value) -> str:
    if not isinstance(value, tuple):
        raise TypeError("not a list of cards")
    active = [card for card in value if isinstance(card, Mapping) and card.get("state") == "active"]
    return "; ".join(
        f"на карте {last_digits(_text(card['last4']))} {points(_whole(card['points']))}" for card in active
    )


def _endings(*states: str) -> Form:
    if not states:
        states = ("issued", "active", "blocked")
    if not set(states) <= {"issued", "active", "blocked"}:
        raise TypeError("no such state")

    def say(value: Value) -> str:
        if not isinstance(value, tuple):
            raise TypeError("not a list of cards")
        cards = [card for card in value if isinstance(card, Mapping) and card.get("state") in states]
        *first, last = [last_digits(_text(card["last4"])) for card in cards]
        return f"{', '.join(first)} и {last}" if first else last

    return say


FILTERS: dict[str, Callable[..., Form]] = {
    "points": _points,
    "number": _number,
    "plural": _plural,
    "counted": _counted,
    "last4": _last4,
    "groups": _groups,
    "date": _date,
    "birth_date": _birth_date,
    "cards": _cards,
    "endings": _endings,
}
MASKING = frozenset({"last4", "endings"})
"""Forms that show no more of a sensitive value than may be logged."""

USAGE = {
    "points": "{slots.points|points}",
    "number": "{slots.points|number}",
    "plural": "{slots.points|plural:балл,балла,баллов}",
    "counted": "{slots.active_cards|counted:карта,карты,карт}",
    "last4": "{slots.card_number|last4}",
    "groups": "{answer.groups|groups}",
    "date": "{slots.expires_on|date}",
    "birth_date": "{slots.birth_date|birth_date}",
    "cards": "{slots.cards|cards}",
    "endings": "{slots.cards|endings:active,blocked}",
}
