"""What a caller corrects of a number that was read back: «нет, во второй группе пятьдесят четыре».

The groups are those of the read-back (see `grouping`); failing that, the usual ones or the numbers inside them. Every
place that the words may mean is tried; length, prefix and check rule decide, then likeness. Nothing is guessed between
equals: the caller is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from dialogs.grammar.checks import Check
from dialogs.grammar.correction_words import Change, Changes, Place, PlaceKind, read_changes
from dialogs.grammar.dictation import PAUSE_COST, Dictation, dictation
from dialogs.grammar.digits import MAX_ALTERNATIVES, NumberRule, choose
from dialogs.grammar.grouping import USUAL_GROUPS, as_said, digits_of, groups_of, in_groups, regrouped
from dialogs.grammar.number_words import Kind

MAX_SPAN_WORDS = 8
"""Longer corrections are read in their natural way only."""
MAX_CANDIDATES = 400
UNNATURAL = 10.0
"""How far off a reading is that goes over a pause. Others that are not natural (54 for 504) make no corrections."""
LEAST_DIGITS_ANYWHERE = 2
"""One digit without a place could go anywhere."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The number as it is now, in its groups."""

    grouped: str


class Unclear(StrEnum):
    """What is missing to correct the number."""

    GROUP = "group"  # digits without a place, that fit in several
    DIGITS = "digits"  # a place without digits
    UNFIT = "unfit"  # the corrected number would not keep the rule


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    """One number that the correction may mean; the smallest is the best."""

    far: float  # the place from what was named, the digits from their natural reading
    unlike: int  # how much the digits differ from those in their place
    digits: str


def correct(
    text: str,
    grouped: str,
    rule: NumberRule,
    alternatives: Sequence[str] = (),
    lengths: Sequence[int] = USUAL_GROUPS,
) -> Corrected | Unclear | None:
    """Apply what was said to the number that was read back; None when nothing was said that would change it."""
    outcome = _correct(text, grouped, rule, lengths)
    if isinstance(outcome, Corrected) or outcome is Unclear.GROUP:
        return outcome
    for each in alternatives[:MAX_ALTERNATIVES]:
        if isinstance(better := _correct(each, grouped, rule, lengths), Corrected):
            return better
    return outcome


def completed(before: str, text: str) -> str:
    """Join the half of a correction with its other half, the place first: «пятьдесят четыре» and «вторая», or «два»."""
    found, said = read_changes(text), dictation(text).words
    if found.places and not found.changes:
        return f"{text}, {before}"
    is_number_of_group = len(said) == 1 and said[0].kind is Kind.UNIT and not found.places
    if is_number_of_group and not read_changes(before).places:
        return f"группа {text}, {before}"
    return f"{before}, {text}"


def _correct(text: str, grouped: str, rule: NumberRule, lengths: Sequence[int]) -> Corrected | Unclear | None:
    old = digits_of(grouped)
    found = read_changes(text)
    if not found.say_what_is_wrong and (whole := choose(text, rule)) is not None:
        return Corrected(as_said(dictation(whole.said), whole.digits, lengths))
    if not found.changes:
        return Unclear.DIGITS if found.places else None
    if all(_says_too_little(change) for change in found.changes):
        return None
    candidates = [_Candidate(0.0, 0, old)]
    for change in found.changes:
        candidates = _applied(change, candidates, grouped, rule, lengths)
    if not candidates:
        return Unclear.DIGITS if _has_places(found, grouped) else Unclear.UNFIT
    if min(candidates).digits == old:
        return None  # it is so already
    best: dict[str, _Candidate] = {}
    for each in sorted(candidates):
        if rule.allows(each.digits):
            best.setdefault(each.digits, each)
    chosen = _chosen(list(best.values()))
    if chosen is not None:
        return Corrected(regrouped(chosen, grouped, lengths))
    if not best:
        return Unclear.UNFIT
    return Unclear.GROUP if any(change.place is None for change in found.changes) else Unclear.DIGITS


def _has_places(found: Changes, grouped: str) -> bool:
    """Say whether what was named is there at all; what is said with «не» alone stands for its place."""
    ends = _ends(groups_of(grouped))
    named = [change.place for change in found.changes if change.place is not None]
    return any(_named(place, ends, digits_of(grouped)) != (0, 0) for place in named) or any(
        not change.digits for change in found.changes
    )


def _says_too_little(change: Change) -> bool:
    if change.place is not None or change.instead:
        return False
    return all(len(digits) < LEAST_DIGITS_ANYWHERE for digits in dictation(change.digits).natural)


def _chosen(candidates: list[_Candidate]) -> str | None:
    """Return the one that stands out: by its place, then by its likeness to what was understood before."""
    if not candidates:
        return None
    first, *others = sorted(candidates)
    return None if others and (others[0].far, others[0].unlike) == (first.far, first.unlike) else first.digits


def _applied(
    change: Change, candidates: Iterable[_Candidate], grouped: str, rule: NumberRule, lengths: Sequence[int]
) -> list[_Candidate]:
    new: dict[str, _Candidate] = {}
    for before in candidates:
        for instead, digits, detour in _readings(change, rule):
            for far, start, end in _spans(change.place, before.digits, instead, digits, grouped, rule, lengths):
                number = before.digits[:start] + digits + before.digits[end:]
                unlike = before.unlike + _unlike(before.digits[start:end], digits)
                made = _Candidate(before.far + far + detour * UNNATURAL, unlike, number)
                if number not in new or made < new[number]:
                    new[number] = made
    return sorted(new.values())[:MAX_CANDIDATES]


# ---- digits


def _readings(change: Change, rule: NumberRule) -> Iterator[tuple[str, str, float]]:
    """List what is to be replaced (empty: not said), by what, and how unnatural it is to mean that."""
    said = dictation(change.digits)
    if not change.instead:
        yield from (("", digits, cost) for digits, cost in _digits(said, rule))
        if change.place is not None and change.place.kind is not PlaceKind.GROUP and len(said) > 1:
            yield from _without_count(said, rule)
        return
    wrong = dictation(change.instead)
    if len(said):
        for instead, first_cost in _digits(wrong, rule):
            yield from ((instead, digits, first_cost + cost) for digits, cost in _digits(said, rule))
        return
    for at in range(1, len(wrong)):  # «не сорок пять пятьдесят четыре»: where does one end?
        for instead, first_cost in _digits(Dictation(wrong.words[:at]), rule):
            for digits, cost in _digits(Dictation(wrong.words[at:]), rule):
                yield instead, digits, first_cost + cost


def _without_count(said: Dictation, rule: NumberRule) -> Iterator[tuple[str, str, float]]:
    """Read «последние две ноль три» as 03."""
    count = said.words[0]
    if count.kind is Kind.UNIT and count.value > 1:
        rest = Dictation(said.words[1:])
        yield from (("", digits, cost) for digits, cost in _digits(rest, rule) if len(digits) == count.value)


def _digits(said: Dictation, rule: NumberRule) -> Iterator[tuple[str, float]]:
    if len(said) == 1 and said.words[0].kind is Kind.MONTH:
        yield f"{said.words[0].value:02}", 0.0
        return
    longest = max(rule.lengths, default=0)
    if not said.words:
        return
    if len(said) > MAX_SPAN_WORDS:
        readings = dict.fromkeys(said.natural, said.natural_cost)
    else:
        readings = said.span_readings(0, len(said), longest)
    for digits, cost in readings.items():
        detour = cost - said.natural_cost
        if digits and detour <= PAUSE_COST:
            yield digits, detour
            if rule.check is Check.BIRTH_DATE and len(digits) == 1:
                yield digits.zfill(2), detour


# ---- places


def _spans(
    place: Place | None,
    number: str,
    instead: str,
    digits: str,
    grouped: str,
    rule: NumberRule,
    lengths: Sequence[int],
) -> Iterator[tuple[int, int, int]]:
    """List where the digits may go: how far from what was named, from, to."""
    groupings = _groupings(number, grouped, lengths)
    parts = groupings[-1]
    if instead:
        inside = _named(place, groupings[0], number) if place is not None else (0, len(number))
        for start in range(len(number)):
            end = start + len(instead)
            if number.startswith(instead, start) and inside[0] <= start and end <= inside[1]:
                yield (0 if {start, end} <= set(parts) else 1), start, end
        return
    if place is None:
        yield from _anywhere(number, digits, groupings, rule)
        return
    if place.kind is not PlaceKind.GROUP:
        start, end = _named(place, groupings[0], number)
        if place.kind is PlaceKind.END:
            start = end - len(digits)
        elif place.kind is PlaceKind.START:
            end = start + len(digits)
        if 0 <= start < end <= len(number):
            yield 0, start, end
        return
    for number_of_grouping, ends in enumerate(groupings):
        start, end = _named(place, ends, number)
        far = number_of_grouping * 5
        if start == end:
            continue
        if len(digits) == end - start:
            yield far, start, end
        elif len(digits) > end - start:
            if start + len(digits) <= len(number):
                yield far + 2, start, start + len(digits)
        elif far == 0:
            for at in range(start, end - len(digits) + 1):
                if {at, at + len(digits)} <= set(parts):
                    yield 1, at, at + len(digits)
        if len(digits) != end - start and len(number) - (end - start) + len(digits) in rule.lengths:
            yield far + 3, start, end


def _anywhere(
    number: str, digits: str, groupings: Sequence[Sequence[int]], rule: NumberRule
) -> Iterator[tuple[int, int, int]]:
    if len(digits) in rule.lengths:
        yield 0, 0, len(number)
    if len(digits) < LEAST_DIGITS_ANYWHERE:
        return
    whole_groups = set(pairwise(groupings[0]))
    parts = set(groupings[-1])
    for start in range(len(number) - len(digits) + 1):
        end = start + len(digits)
        if {start, end} <= parts:
            yield (1 if (start, end) in whole_groups else 2), start, end


def _groupings(number: str, grouped: str, lengths: Sequence[int]) -> list[tuple[int, ...]]:
    """List where groups end: of the read-back, the usual ones, and the numbers that were said in them."""
    own = _ends(groups_of(grouped))
    usual = _ends(groups_of(in_groups(number, lengths)))
    parts = _ends(grouped.replace(",", "").split())
    return [ends for ends in (own, usual, parts) if ends[-1] == len(number)] or [usual]


def _ends(groups: Iterable[str]) -> tuple[int, ...]:
    ends = [0]
    for group in groups:
        ends.append(ends[-1] + len(group))
    return tuple(ends)


def _named(place: Place, ends: Sequence[int], number: str) -> tuple[int, int]:
    """Return from where to where a place goes; an empty span when there is no such."""
    match place.kind:
        case PlaceKind.START | PlaceKind.END:
            return 0, len(number)
        case PlaceKind.DIGIT:
            return (place.index, place.index + 1) if place.index < len(number) else (0, 0)
        case PlaceKind.GROUP:
            groups = list(pairwise(ends))
            return groups[place.index] if -len(groups) <= place.index < len(groups) else (0, 0)


def _unlike(one: str, another: str) -> int:
    """Count what differs: digits in their places, then whether they are there at all (45 is rather 54 than 61)."""
    placed = sum(left != right for left, right in zip(one, another, strict=False)) + abs(len(one) - len(another))
    missing = sum(max(0, one.count(digit) - another.count(digit)) for digit in set(one))
    return 2 * placed + missing
