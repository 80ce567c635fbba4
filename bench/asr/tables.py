"""A run's results on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from bench.asr.report import REAL_TIME_TARGET, TARGETS, ModelReport, Result


def tables(reports: Sequence[ModelReport]) -> Iterator[Table]:
    """Lay out rows with the models side by side, then the targets."""
    yield _rows(reports)
    yield _costs(reports)
    yield _targets(reports)


def _rows(reports: Sequence[ModelReport]) -> Table:
    table = Table("set", "line", "heard", "n", title="Understood right, % (95 % interval); word error, %")
    for report in reports:
        table.add_column(report.model)
    keys = dict.fromkeys(
        (row.set, row.condition, row.mode, row.right.n) for report in reports for row in report.results
    )
    before = ""
    for set_name, condition, mode, n in keys:
        if before and before != set_name:
            table.add_section()
        before = set_name
        cells = (_cell(report.result(set_name, condition, mode)) for report in reports)
        table.add_row(set_name, condition, mode, str(n), *cells)
        if set_name.startswith("human"):
            rows = [report.result(set_name, condition, mode) for report in reports]
            voices = dict.fromkeys(voice for row in rows if row is not None for voice in row.by_voice)
            for voice in voices if len(voices) > 1 else ():
                shares = [row.by_voice.get(voice) if row is not None else None for row in rows]
                count = next((share.n for share in shares if share is not None), 0)
                told = (f"{100 * share.value:.1f}" if share is not None else "" for share in shares)
                table.add_row(f"  {voice}", "", "", str(count), *told, style="dim")
    return table


def _cell(row: Result | None) -> str:
    if row is None:
        return ""
    low, high = row.right.interval
    share = f"{100 * row.right.value:5.1f} ({100 * low:.0f}–{100 * high:.0f})"
    if row.set in ("outside", "human_outside"):
        return f"{share}  only \\[unk] {100 * row.exact.value:.1f}"
    return f"{share}  {100 * row.word_error[0]:.1f}"


def _costs(reports: Sequence[ModelReport]) -> Table:
    table = Table(
        "model", "CPU s per s of speech", "per s of call", "most, in", "memory, MB", "loading, s", title="Costs"
    )
    for report in reports:
        met = report.real_time_factor <= REAL_TIME_TARGET
        factor = f"{report.real_time_factor:.4f} (≤ {REAL_TIME_TARGET}: {'yes' if met else '[red]no[/]'})"
        machine = report.machine
        most = report.slowest
        told = f"{most.real_time_factor:.4f}, {most.set} {most.condition}"
        costs = (f"{report.line_factor:.4f}", told, f"{machine.memory_mb:.0f}", f"{machine.load_seconds:.2f}")
        table.add_row(report.model, factor, *costs)
    return table


def _targets(reports: Sequence[ModelReport]) -> Table:
    table = Table("target", "at least", title="Targets")
    for report in reports:
        table.add_column(report.model)
    for target in TARGETS:
        cells = []
        for report in reports:
            row = report.result(target.set, target.condition)
            if row is None:
                cells.append("")
            else:
                met = row.right.value >= target.share
                cells.append(f"{100 * row.right.value:.1f} {'[green]yes[/]' if met else '[red]no[/]'}")
        table.add_row(target.why, f"{100 * target.share:.0f} %", *cells)
    return table
