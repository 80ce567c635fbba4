"""A call told in a terminal while it goes on, and what came of it in a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.softphone.scenario_report import ScenarioReport, StoryLine, Who

_NAMES = {
    Who.CALLER: ("Звонящий", "cyan"),
    Who.YULIA: ("Юля", "bright_magenta"),
    Who.AGENT: ("Сотрудник", "green"),
    Who.TEST: ("Проверка", "red"),
}


class LivePrinter:
    """Prints each line of a story as it happens.

    A line of Yulia's appears when she pauses and bears the time at which she began, so that it may stand below a
    later one.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, name: str, description: str, caller_number: str) -> None:
        """Begin a call."""
        self._console.print(f"\n[bold]{escape(name)}[/] · {escape(description)} · {caller_number}", highlight=False)

    def line(self, line: StoryLine) -> None:
        """Print one line."""
        name, colour = _NAMES[line.who]
        text = escape(line.text)
        if line.failed:
            text = f"[bold red]✗ {text}[/]"
        elif line.text.startswith("["):
            text = f"[dim]{text}[/]"
        self._console.print(f"[dim]{line.at_seconds:6.1f} s[/]  [{colour}]{name:<9}[/] ▸ {text}", highlight=False)


def summary(reports: Sequence[ScenarioReport]) -> Table:
    """Tabulate what came of the calls."""
    table = Table(title="Итог", title_justify="left")
    for column in ("звонок", "итог", "до ответа, с", "до первого звука, с", "паузы до ответа Юли, с", "разговор, с"):
        table.add_column(column)
    for report in reports:
        state = "[green]✓[/]" if report.ok else "[red]✗[/] " + escape("; ".join(report.failures))
        if report.unchecked:
            state += f"\n[yellow]не проверено: {escape('; '.join(report.unchecked))}[/]"
        table.add_row(
            report.name,
            state,
            _seconds(report.answer_seconds),
            _seconds(report.first_sound_seconds),
            ", ".join(f"{gap:.2f}" for gap in report.response_gaps_seconds) or "—",
            f"{report.talk_seconds:.1f}",
        )
    return table


def _seconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"
