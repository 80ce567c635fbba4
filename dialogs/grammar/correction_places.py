"""Where in a number the digits of a correction may go: groups of the read-back, its ends, what is in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from dialogs.grammar.correction_words import Place, PlaceKind
from dialogs.grammar.digits import NumberRule
from dialogs.grammar.grouping import groups_of, in_groups

LEAST_DIGITS_ANYWHERE = 2
"""One digit without a place could go anywhere."""


def spans(
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
        inside = named(place, groupings[0], number) if place is not None else (0, len(number))
        for start in range(len(number)):
            end = start + len(instead)
            if number.startswith(instead, start) and inside[0] <= start and end <= inside[1]:
                yield (0 if {start, end} <= set(parts) else 1), start, end
        return
    if place is None:
        yield from _anywhere(number, digits, groupings, rule)
        return
    if place.kind is not PlaceKind.GROUP:
        start, end = named(place, groupings[0], number)
        if place.kind is PlaceKind.END:
            start = end - len(digits)
        elif place.kind is PlaceKind.START:
            end = start + len(digits)
        if 0 <= start < end <= len(number):
            yield 0, start, end
        return
    for number_of_grouping, ends in enumerate(groupings):
        start, end = named(place, ends, number)
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
    own = ends_of(groups_of(grouped))
    usual = ends_of(groups_of(in_groups(number, lengths)))
    parts = ends_of(grouped.replace(",", "").split())
    return [ends for ends in (own, usual, parts) if ends[-1] == len(number)] or [usual]


def ends_of(groups: Iterable[str]) -> tuple[int, ...]:
    """Return where groups end, with 0 in front."""
    ends = [0]
    for group in groups:
        ends.append(ends[-1] + len(group))
    return tuple(ends)


def named(place: Place, ends: Sequence[int], number: str) -> tuple[int, int]:
    """Return from where to where a place goes; an empty span when there is no such."""
    match place.kind:
        case PlaceKind.START | PlaceKind.END:
            return 0, len(number)
        case PlaceKind.DIGIT:
            return (place.index, place.index + 1) if place.index < len(number) else (0, 0)
        case PlaceKind.GROUP:
            groups = list(pairwise(ends))
            return groups[place.index] if -len(groups) <= place.index < len(groups) else (0, 0)
