"""How the conversations went, for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dialogs.engine.vocabulary import Value
from dialogs.reader.places import StepPlaces, step_places
from dialogs.reader.problems import Place
from dialogs.talks.coverage import Counted, Coverage, Way, WayKind
from dialogs.talks.player import CaseResult, Failure
from dialogs.talks.suite import SuiteResult


def tell_failure(console: Console, folder: Path, result: CaseResult) -> None:
    """Print what went otherwise, with file and line."""
    failure = result.failure
    assert failure is not None
    console.print(f"[red]✗[/red] [bold]{escape(result.case.name)}[/bold]", highlight=False, soft_wrap=True)
    console.print(
        f"  [bold]{escape(_where(folder, failure.place))}[/bold]: {escape(failure.step)}:"
        f" [red]{escape(failure.message)}[/red]",
        highlight=False,
        soft_wrap=True,
    )
    for line in _difference(failure):
        console.print(f"    {line}", highlight=False, soft_wrap=True)
    for said in failure.talk:
        console.print(f"    [dim]│ {escape(said)}[/dim]", highlight=False, soft_wrap=True)


def tell_result(console: Console, result: SuiteResult) -> None:
    """Print how many went as written."""
    failed, all_of_them = len(result.failed), len(result.cases)
    if failed:
        console.print(f"[red]Не прошло разговоров: {failed} из {all_of_them}[/red]")
    else:
        console.print(f"[green]Разговоры прошли: {all_of_them}[/green]")


def tell_coverage(console: Console, folder: Path, coverage: Coverage, *, with_list: bool) -> None:
    """Print how much of each flow was passed; on demand, what was not."""
    table = Table("сценарий", "шаги", "ветки", "лестницы", "всего", title="Что пройдено")
    for column in table.columns[1:]:
        column.justify = "right"
    for flow, by_kind, altogether in coverage.flows():
        table.add_row(escape(flow), *(_count(by_kind[kind]) for kind in WayKind), _percent(altogether))
    table.add_section()
    table.add_row("[bold]всего[/bold]", "", "", "", _percent(coverage.total))
    console.print(table)
    if not with_list:
        return
    places = step_places(folder)
    for way in coverage.not_passed:
        place = way.place(places)
        where = _where(folder, place) if place is not None else way.flow
        console.print(f"[bold]{escape(where)}[/bold]: {escape(way.flow)}, {escape(way.told)}", soft_wrap=True)


def as_json(folder: Path, result: SuiteResult) -> dict[str, Any]:
    """Return all of it as plain data."""
    places = step_places(folder)
    coverage = result.coverage
    return {
        "passed": len(result.cases) - len(result.failed),
        "failed": len(result.failed),
        "cases": [_case(each) for each in result.cases],
        "coverage": {
            **_figures(coverage.total),
            "flows": {
                flow: {kind.value: _figures(counted) for kind, counted in by_kind.items()} | _figures(altogether)
                for flow, by_kind, altogether in coverage.flows()
            },
            "not_passed": [_way(way, places) for way in coverage.not_passed],
        },
    }


def _difference(failure: Failure) -> list[str]:
    if failure.expected is None and failure.got is None:
        return []
    return [
        f"[green]ждали:    {escape(shown(failure.expected))}[/green]",
        f"[red]получили: {escape(shown(failure.got))}[/red]",
    ]


def shown(value: Value) -> str:
    """Show a value as it would stand in a case's file."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return value
        case Mapping():
            return "{" + ", ".join(f"{name}: {shown(each)}" for name, each in value.items()) + "}"
        case tuple():
            return "[" + ", ".join(shown(each) for each in value) + "]"
        case _:
            return str(value)


def _where(folder: Path, place: Place) -> str:
    return f"{folder / place.file}:{place.line}"


def _count(counted: Counted) -> str:
    if not counted.of:
        return ""
    text = f"{counted.passed} из {counted.of}"
    return text if counted.passed == counted.of else f"[yellow]{text}[/yellow]"


def _percent(counted: Counted) -> str:
    text = f"{int(counted.percent)} %"  # rounded down: 100 only when nothing is left
    return f"[green]{text}[/green]" if counted.passed == counted.of else f"[yellow]{text}[/yellow]"


def _figures(counted: Counted) -> dict[str, float]:
    return {"passed": counted.passed, "of": counted.of, "percent": round(counted.percent, 1)}


def _case(result: CaseResult) -> dict[str, Any]:
    case, failure = result.case, result.failure
    return {
        "case": case.name,
        "file": case.place.file,
        "line": case.place.line,
        "passed": failure is None,
        "failure": None
        if failure is None
        else {
            "file": failure.place.file,
            "line": failure.place.line,
            "step": failure.step,
            "message": failure.message,
            "expected": failure.expected,
            "got": failure.got,
            "talk": failure.talk,
        },
    }


def _way(way: Way, places: Mapping[tuple[str, str], StepPlaces]) -> dict[str, Any]:
    place = way.place(places)
    return {
        "flow": way.flow,
        "step": way.step,
        "way": way.way,
        "told": way.told,
        "file": place.file if place is not None else None,
        "line": place.line if place is not None else None,
    }
