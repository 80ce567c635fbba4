"""In which groups a number is read back: the caller's own, as far as they can be heard without doubt.

A grouped number is written as its digits, with a space between what is said as one number and a comma between groups:
«семьдесят семь восемьдесят девять, ноль ноль двенадцать» is `77 89, 0 0 12`. No part has more than three digits, so
that each is one number or leading zeros and a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dialogs.grammar.dictation import Dictation, Part

USUAL_GROUPS = (4, 4, 4, 4, 4, 4)
GROUP_DIGITS = 4
"""A longer group is not kept in mind."""
LEAST_PAUSED_DIGITS = 2
"""A pause after fewer digits makes no group."""

Block = tuple[str, ...]
"""Parts that were said as one number, e.g. `("12", "300")`."""


def in_groups(digits: str, lengths: Sequence[int] = USUAL_GROUPS) -> str:
    """Group a number that was not spoken: by these lengths, each group by pairs; the rest by fours."""
    return ", ".join(" ".join(block) for block in _told_apart([_parts(group) for group in _cut(digits, 0, lengths)]))


def as_said(said: Dictation, digits: str, lengths: Sequence[int] = USUAL_GROUPS) -> str:
    """Group a number as it was said; what came by keys is grouped by `lengths`."""
    parts = said.parts(digits)
    if not parts:
        return in_groups(digits, lengths)
    blocks: list[Block] = []
    paused: list[bool] = []
    at = 0
    for part in parts:
        for number, block in enumerate(_blocks(part, at, lengths)):
            blocks.append(block)
            paused.append(part.after_pause and number == 0)
        at += len(part.digits)
    if all(paused[1:]):  # after every number: nothing is grouped by that
        paused = [False] * len(blocks)
    return ", ".join(" ".join(group) for group in _packed(_told_apart(blocks), paused))


def regrouped(digits: str, grouped: str, lengths: Sequence[int] = USUAL_GROUPS) -> str:
    """Group a corrected number as it was grouped before; by `lengths` when it has another length now."""
    if len(digits_of(grouped)) != len(digits):
        return in_groups(digits, lengths)
    blocks: list[Block] = []
    at = 0
    for group, written in zip(groups_of(grouped), grouped.split(", "), strict=True):
        now = digits[at : at + len(group)]
        blocks.append(tuple(written.split()) if now == group else _parts(now))
        at += len(group)
    return ", ".join(" ".join(block) for block in _told_apart(blocks))


def groups_of(grouped: str) -> tuple[str, ...]:
    """Return the digits of each group."""
    return tuple(group.replace(" ", "") for group in grouped.split(", "))


def digits_of(grouped: str) -> str:
    """Return the number without its groups."""
    return "".join(groups_of(grouped))


def _cut(digits: str, start: int, lengths: Sequence[int]) -> Iterator[str]:
    """Cut digits that stand at `start` of a number where its groups end."""
    ends: list[int] = []
    for length in (*lengths, *[GROUP_DIGITS] * len(digits)):
        ends.append((ends[-1] if ends else 0) + length)
    at = 0
    for end in ends:
        if end > start + at and at < len(digits):
            yield digits[at : end - start]
            at = end - start


def _parts(digits: str) -> Block:
    """Say digits by pairs; an odd count begins with three."""
    head = 2 if len(digits) % 2 == 0 else min(3, len(digits))
    return (digits[:head], *(digits[at : at + 2] for at in range(head, len(digits), 2)))


def _blocks(part: Part, at: int, lengths: Sequence[int]) -> Iterator[Block]:
    if part.written:
        yield from (_parts(piece) for piece in _cut(part.digits, at, lengths))
    elif part.by_digit:
        yield from ((digit,) for digit in part.digits)
    elif len(part.digits) > 4:  # «двенадцать тысяч триста»
        yield (*_parts(part.digits[:-3]), part.digits[-3:])
    elif len(part.digits) == 4:
        yield _parts(part.digits)
    else:
        yield (part.digits,)


def _told_apart(blocks: list[Block]) -> list[Block]:
    """Say digit by digit what would sound like another number: 20 5 is no «двадцать пять»."""
    for at, block in enumerate(blocks):
        if any(_run_together(one, another) for one, another in pairwise(block)):
            blocks[at] = _by_digit(block)
    for at in range(len(blocks) - 1, 0, -1):  # after that: «100 01» by digits begins with another number
        if _run_together(blocks[at - 1][-1], blocks[at][0]):
            blocks[at - 1 : at + 1] = [_by_digit(blocks[at - 1]), _by_digit(blocks[at])]
    return blocks


def _by_digit(block: Block) -> Block:
    return tuple("".join(block))


def _run_together(one: str, another: str) -> bool:
    if len(one) == 3 and one.endswith("00") and one != "000":
        return len(another) < 3 and not another.startswith("00")
    return len(one) > 1 and one[-1] == "0" and one[-2] >= "2" and len(another) == 1 and another != "0"


def _packed(blocks: list[Block], paused: list[bool]) -> Iterator[Block]:
    group: Block = ()
    for block, after_pause in zip(blocks, paused, strict=True):
        count = sum(map(len, group))
        longer = count + sum(map(len, block))
        if group and (longer > GROUP_DIGITS or (after_pause and count >= LEAST_PAUSED_DIGITS)):
            yield group
            group = ()
        group += block
        while sum(map(len, group)) > GROUP_DIGITS and set(map(len, group)) == {1}:
            yield group[:GROUP_DIGITS]
            group = group[GROUP_DIGITS:]
    if group:
        yield group
