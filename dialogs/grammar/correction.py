"""What a caller corrects of a number that was read back: «нет, во второй группе пятьдесят четыре».

The groups are those of the read-back (see `grouping`); failing that, the usual ones or the numbers inside them. Every
place that the words may mean is tried; length, prefix and check rule decide, then likeness. Nothing is guessed between
equals: the caller is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialogs.grammar.checks import Check
from dialogs.grammar.correction_places import LEAST_DIGITS_ANYWHERE, ends_of, named, spans
from dialogs.grammar.correction_words import Change, Changes, PlaceKind, read_changes
from dialogs.grammar.dictation import Dictation, dictation
from dialogs.grammar.digits import MAX_ALTERNATIVES, NumberRule, choose
from dialogs.grammar.grouping import USUAL_GROUPS, as_said, digits_of, groups_of, regrouped
from dialogs.grammar.number_edges import PAUSE_COST
from dialogs.grammar.number_words import Kind

MAX_SPAN_WORDS = 8
"""Longer corrections are read in their natural way only."""
MAX_CANDIDATES = 400
UNNATURAL = 10.0
"""How far off a reading is that goes over a pause. Others that are not natural (54 for 504) make no corrections."""


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
    outcome = _changed(text, grouped, rule, lengths)
    bare = text.removeprefix("не ")
    # a clipped «нет», unless it denies digits that are there
    return _changed(bare, grouped, rule, lengths) if outcome is Unclear.UNFIT and bare != text else outcome


def _changed(text: str, grouped: str, rule: NumberRule, lengths: Sequence[int]) -> Corrected | Unclear | None:
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
    """Say whether what was named is there at all: a group, or digits that are said to be wrong."""
    number, ends = digits_of(grouped), ends_of(groups_of(grouped))
    for change in found.changes:
        if change.place is not None and named(change.place, ends, number) != (0, 0):
            return True
        if not change.digits and any(digits in number for digits in dictation(change.instead).natural):
            return True
    return False


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
            for far, start, end in spans(change.place, before.digits, instead, digits, grouped, rule, lengths):
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


def _unlike(one: str, another: str) -> int:
    """Count what differs: digits in their places, then whether they are there at all (45 is rather 54 than 61)."""
    placed = sum(left != right for left, right in zip(one, another, strict=False)) + abs(len(one) - len(another))
    missing = sum(max(0, one.count(digit) - another.count(digit)) for digit in set(one))
    return 2 * placed + missing
