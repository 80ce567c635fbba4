"""`yulia digits`: the number parser by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from dialogs.grammar.checks import Check
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import Choice, NumberRule, choose, settle
from dialogs.grammar.grouping import USUAL_GROUPS, as_said, groups_of
from dialogs.grammar.number_words import MAX_DIGITS
from dialogs.reader.domain import DATE_GROUPS

BIRTH_DATE_DIGITS = 8
_REASONS = {
    "natural": "так и сказано",
    "another_reading": "подходит не одно прочтение: переспросить",
    "unnatural": "слова скорее значат другое, но оно не подходит: переспросить",
    "alternative": "подходит лишь второе, что мог услышать распознаватель: переспросить",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """One spoken number and all that the parser makes of it."""

    text: str
    choice: Choice | None
    grouped: str  # of the chosen one
    readings: tuple[str, ...]  # all that keep the rule, the most natural first

    @property
    def reason(self) -> str | None:
        return None if self.choice is None else self.choice.doubt or "natural"

    def as_json(self) -> str:
        return json.dumps(
            {
                "text": self.text,
                "digits": self.choice.digits if self.choice else None,
                "reason": self.reason,
                "groups": groups_of(self.grouped) if self.choice else [],
                "readings": self.readings,
            },
            ensure_ascii=False,
        )


def digits(
    text: Annotated[
        str | None, typer.Argument(help="Spoken number, e.g. «семьдесят семь…»; without it, lines of standard input.")
    ] = None,
    length: Annotated[list[int] | None, typer.Option(help="Allowed length; may be given more than once.")] = None,
    prefix: Annotated[list[str] | None, typer.Option(help="Allowed first digits; may be given more than once.")] = None,
    check: Annotated[Check, typer.Option(help="Rule that the number must keep.")] = Check.NONE,
    alternative: Annotated[
        list[str] | None, typer.Option(help="What else the recogniser may have heard; may be given more than once.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Read a spoken number: which one is taken and why, its groups, and all readings that fit.

    A comma is a pause of the caller; keys may stand as digits. Exit code 1 when nothing fits.
    """
    lengths = tuple(length or ((BIRTH_DATE_DIGITS,) if check is Check.BIRTH_DATE else range(1, MAX_DIGITS + 1)))
    rule = NumberRule(lengths, tuple(prefix or ()), check)
    console = Console()
    missed = False
    for said in [text] if text is not None else _lines():
        read = _read(said, rule, tuple(alternative or ()))
        missed = missed or read.choice is None
        if as_json:
            typer.echo(read.as_json())
        else:
            _show(console, read, with_text=text is None)
    if missed:
        raise typer.Exit(1)


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        if said := line.strip():
            yield said


def _read(text: str, rule: NumberRule, alternatives: tuple[str, ...]) -> _Read:
    choice = choose(text, rule, alternatives)
    grouped = ""
    if choice is not None:
        usual = DATE_GROUPS if rule.check is Check.BIRTH_DATE else USUAL_GROUPS
        grouped = as_said(dictation(choice.said), choice.digits, usual)
    fitting = [reading.digits for said in (text, *alternatives) for reading in settle(said, rule)]
    first = [choice.digits] if choice is not None else []
    return _Read(text, choice, grouped, tuple(dict.fromkeys([*first, *fitting])))


def _show(console: Console, read: _Read, *, with_text: bool) -> None:
    if with_text:
        console.print(f"[dim]{escape(read.text)}[/dim]", highlight=False)
    if read.choice is None:
        heard = " или ".join(dictation(read.text).natural)
        console.print("[red]Ни одно прочтение не подходит[/red]" + (f"; сказано: {heard}" if heard else ""))
        return
    console.print(f"[bold]{read.choice.digits}[/bold]  {_REASONS[read.reason or 'natural']}", highlight=False)
    console.print(f"  группы: {' | '.join(groups_of(read.grouped))}", highlight=False)
    if len(read.readings) > 1:
        console.print(f"  [dim]подходят ещё: {', '.join(read.readings[1:])}[/dim]", highlight=False)
