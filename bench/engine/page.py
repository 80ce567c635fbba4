"""The published page of the engine's figures: a table and a plot in docs/benchmarks/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench.engine.figures import SHARES, TARGET_SECONDS, Row, StepTimes, rows
from bench.plots import draw_cumulative

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


def publish(facts: Mapping[str, Any], timed: Sequence[StepTimes], results: str, folder: Path = FOLDER) -> Path:
    """Write docs/benchmarks/engine.md and its plot; return the page."""
    summed = rows(timed)
    _plot(summed, folder / "engine.png")
    lines = [
        f"| what | n | {' | '.join(SHARES)} | over 1 ms | target | met |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in summed:
        numbers = " | ".join(f"{1000 * value:.3f} ms" for value in row.quantiles.values())
        met = {None: "", True: "yes", False: "**no**"}[row.met]
        lines.append(f"| {row.what} | {row.n} | {numbers} | {row.over:.3%} | {row.target} | {met} |")
    page = folder / "engine.md"
    page.write_text(
        "# How long the engine thinks\n\n"
        f"Command: `{facts['command']}`. {facts['date'][:10]}, {facts['machine']['cores']} cores, "
        f"Python {facts['machine']['python']}. Results file: `bench/results/{results}`.\n\n"
        f"The shipped dialogue's conversations have {facts['steps']} steps: an event meets a state, and a new state "
        f"and the commands to the line come back. Each was taken {facts['rounds']} times in random order. A single "
        "time also holds whatever else the machine did meanwhile, so the target is asked of each step's median.\n\n"
        + "\n".join(lines)
        + "\n\n![distributions](engine.png)\n",
        encoding="utf-8",
    )
    return page


def _plot(summed: Sequence[Row], path: Path) -> None:
    drawing, axis = pyplot.subplots(figsize=(7, 4))
    for row in summed:
        draw_cumulative(axis, row.seconds, row.what)
    axis.axvline(1000 * TARGET_SECONDS, color="grey", linestyle=":", linewidth=0.8)
    axis.set_xscale("log")
    axis.legend(fontsize=7)
    drawing.tight_layout()
    drawing.savefig(path, dpi=100)
    pyplot.close(drawing)
