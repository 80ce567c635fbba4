"""The published page of the engine's figures: a table and a plot in docs/benchmarks/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot

from bench.engine.figures import TARGET_SECONDS, Row, StepTimes, rows

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


def publish(facts: Mapping[str, Any], timed: Sequence[StepTimes], results: str, folder: Path = FOLDER) -> Path:
    """Write docs/benchmarks/engine.md and its plot; return the page."""
    summed = rows(timed)
    _plot(summed, folder / "engine.png")
    lines = [
        "| what | n | p50 | p99 | p99.9 | max | over 1 ms | target | met |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in summed:
        numbers = " | ".join(f"{1000 * value:.3f} ms" for value in (row.p50, row.p99, row.p999, row.max))
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
        seconds = np.sort(row.seconds)
        axis.step(1000 * seconds, 100 * np.arange(1, len(seconds) + 1) / len(seconds), where="post", label=row.what)
    axis.axvline(1000 * TARGET_SECONDS, color="grey", linestyle=":", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_xlabel("ms")
    axis.set_ylabel("% of cases at or below")
    axis.legend(fontsize=7)
    axis.grid(alpha=0.3)
    drawing.tight_layout()
    drawing.savefig(path, dpi=100)
    pyplot.close(drawing)
