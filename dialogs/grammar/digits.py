"""Which number was dictated: readings settled by length, prefix and check rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialogs.grammar.checks import Check, birth_date_prefix, holds, luhn_term, mobile_prefix
from dialogs.grammar.dates import date_readings, may_go_on, names_a_month
from dialogs.grammar.dictation import Dictation, dictation
from dialogs.grammar.number_words import Kind

BEAM = 6
"""Readings kept per (position, length, checksum)."""
MAX_DETOUR = 2.0
"""How many more numbers than in the natural reading the words may be taken for («двадцать», «пять» for 205)."""

MAX_UNLIKELINESS = 3.0
"""A number that is further from what was heard is not worth being read back: most such numbers are wrong (ADR 0010)."""
MAX_ALTERNATIVES = 48
ALTERNATIVE_COST = 0.75
"""Of not taking the recogniser's first reading: dearer than a pause inside a number, cheaper than taking «двадцать
пять» for 205, which a word that was not heard brings about as easily."""


@dataclass(frozen=True, slots=True)
class NumberRule:
    """What a question knows about the number it asks for."""

    lengths: tuple[int, ...]
    prefixes: tuple[str, ...] = ()  # any of them; none = all
    check: Check = Check.NONE

    def allows(self, digits: str) -> bool:
        """Say whether a complete number keeps the rule."""
        return (
            len(digits) in self.lengths
            and (not self.prefixes or digits.startswith(self.prefixes))
            and holds(self.check, digits)
        )

    def may_begin(self, digits: str) -> bool:
        """Say whether a number that keeps the rule may begin so."""
        if self.check is Check.BIRTH_DATE and not birth_date_prefix(digits):
            return False
        if self.check is Check.MOBILE and not mobile_prefix(digits):
            return False
        return not self.prefixes or any(p.startswith(digits) or digits.startswith(p) for p in self.prefixes)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number that the words may mean."""

    digits: str
    cost: float  # how many separate numbers the words were taken for; less is more natural


class Doubt(StrEnum):
    """Why a number that keeps its rule should still be confirmed."""

    ANOTHER_READING = "another_reading"  # fits as well
    UNNATURAL = "unnatural"  # the words rather mean a number that does not fit
    ALTERNATIVE = "alternative"  # not what the recogniser thinks likeliest


@dataclass(frozen=True, slots=True)
class Choice:
    """The number that was most likely said."""

    digits: str
    said: str  # the text that was read so: the speech itself, or one of its alternatives
    doubt: Doubt | None = None


def choose(text: str, rule: NumberRule, alternatives: Sequence[str] = ()) -> Choice | None:
    """Return the best number that keeps the rule, over the text and then its alternatives, likeliest first."""
    best: tuple[float, Choice] | None = None
    for place, said in enumerate((text, *alternatives[:MAX_ALTERNATIVES])):
        extra = ALTERNATIVE_COST if place else 0.0
        if best is not None and best[0] <= extra:
            break
        readings = settle(said, rule)
        if not readings:
            continue
        detour = readings[0].cost - dictation(said).natural_cost
        doubt = Doubt.ALTERNATIVE if place else None
        if doubt is None and len(readings) > 1 and readings[1].cost == readings[0].cost:
            doubt = Doubt.ANOTHER_READING
        elif doubt is None and detour > 0:
            doubt = Doubt.UNNATURAL
        if detour + extra <= MAX_UNLIKELINESS and (best is None or detour + extra < best[0]):
            best = (detour + extra, Choice(readings[0].digits, said, doubt))
    return best[1] if best is not None else None


def settle(text: str, rule: NumberRule) -> tuple[Reading, ...]:
    """Return the readings that keep the rule, the most natural first."""
    said = dictation(text)
    found: dict[str, float] = {}
    lengths = () if rule.check is Check.BIRTH_DATE and names_a_month(said) else rule.lengths
    for length in lengths:
        for reading in _of_length(said, length, rule):
            found.setdefault(reading.digits, reading.cost)
    if rule.check is Check.BIRTH_DATE:
        for digits, cost in date_readings(said).items():
            found[digits] = min(cost, found.get(digits, cost))
    if not found:
        return ()
    limit = min(found.values()) + MAX_DETOUR
    readings = [Reading(digits, cost) for digits, cost in found.items() if cost <= limit]
    return tuple(sorted(readings, key=lambda reading: (reading.cost, reading.digits)))


def complete(text: str, rule: NumberRule) -> bool:
    """Say whether the words are surely the whole number, so that nobody is cut off while dictating.

    Sure means: the natural reading keeps the rule («тридцать семь шестьдесят один» is no 30.07.1961), no longer number
    is allowed, and no word that may still come («двадцать» … «пять») would give another one that keeps it too. Where
    the natural reading has more digits than are allowed, nothing is missing, and another reading may keep the rule.
    """
    said = dictation(text)
    if rule.check is Check.BIRTH_DATE:
        readings = settle(text, rule)
        sure = len(readings) == 1 and readings[0].cost <= said.natural_cost and not may_go_on(said)
        kept = [readings[0].digits] if sure else []
    else:
        kept = [digits for digits in said.natural if rule.allows(digits) and len(digits) == max(rule.lengths)]
        if said.natural and min(map(len, said.natural)) > max(rule.lengths):
            chosen = choose(text, rule)
            kept = [chosen.digits] if chosen is not None else []
    return bool(kept) and not _is_said_twice(said) and not any(_may_still_change(said, digits, rule) for digits in kept)


def _is_said_twice(said: Dictation) -> bool:
    """Say whether the digits that were said may be those that were pressed: many say what they press."""
    pressed = "".join(word.digits for word in said.words if word.kind is Kind.LITERAL)
    spoken = Dictation(tuple(word for word in said.words if word.kind is not Kind.LITERAL))
    return bool(pressed) and any(pressed.startswith(each) or each.startswith(pressed) for each in spoken.natural)


def _may_still_change(said: Dictation, digits: str, rule: NumberRule) -> bool:
    last = said.words[-1]
    if last.ordinal or last.kind not in (Kind.TENS, Kind.HUNDREDS, Kind.THOUSAND, Kind.THOUSANDS):
        return False
    open_places = {Kind.TENS: 1, Kind.HUNDREDS: 2}.get(last.kind, 3)
    stem = digits[:-open_places]
    return any(rule.allows(stem + str(ending).zfill(open_places)) for ending in range(1, 10**open_places))


def _of_length(said: Dictation, length: int, rule: NumberRule) -> tuple[Reading, ...]:
    """Find the cheapest readings of one length: a beam per (digits so far, checksum so far) at each position."""
    left = said.digits_left
    if not said.words or not left[0][0] <= length <= left[0][1]:
        return ()
    table: list[dict[tuple[int, int], list[tuple[float, str]]]] = [{} for _ in range(len(said) + 1)]
    table[0][0, 0] = [(0.0, "")]
    for start, edges in enumerate(said.edges):
        for (count, checksum), beam in table[start].items():
            for edge in edges:
                longer = count + len(edge.digits)
                if not left[edge.end][0] <= length - longer <= left[edge.end][1]:
                    continue
                total = (checksum + _checksum(edge.digits, length - count, rule.check)) % 10
                there = table[edge.end].setdefault((longer, total), [])
                there.extend(
                    (cost + edge.cost, text + edge.digits) for cost, text in beam if rule.may_begin(text + edge.digits)
                )
        for beam in table[start + 1].values():
            cheapest = sorted(dict((text, cost) for cost, text in sorted(beam, reverse=True)).items(), key=_cost)
            beam[:] = [(cost, text) for text, cost in cheapest[:BEAM]]
    finished = (entry for (count, _), beam in table[-1].items() if count == length for entry in beam)
    return tuple(Reading(text, cost) for cost, text in sorted(finished) if rule.allows(text))


def _cost(entry: tuple[str, float]) -> tuple[float, str]:
    return entry[1], entry[0]


def _checksum(digits: str, from_right: int, check: Check) -> int:
    if check is not Check.LUHN:
        return 0
    return sum(luhn_term(int(digit), from_right - 1 - at) for at, digit in enumerate(digits))
