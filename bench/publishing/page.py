"""The published page of how soon a changed dialogue takes calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench.line_bench import Figure

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


def publish(facts: Mapping[str, Any], figures: Sequence[Figure], results: str, folder: Path = FOLDER) -> Path:
    """Write docs/benchmarks/publishing.md and its plot; return the page."""
    _plot(figures, folder / "publishing.png")
    lines = ["| what | n | median | longest | target | met |", "| --- | --- | --- | --- | --- | --- |"]
    for figure in figures:
        met = "yes" if figure.met else "**no**"
        lines.append(
            f"| {figure.what} | {figure.n} | {figure.p50:.1f} s | {figure.max:.1f} s | {figure.target} | {met} |"
        )
    page = folder / "publishing.md"
    page.write_text(
        "# How soon a changed dialogue takes calls\n\n"
        f"Command: `{facts['command']}`. {facts['date'][:10]}, {facts['machine']['cores']} cores, "
        f"Python {facts['machine']['python']}. Results file: `bench/results/{results}`.\n\n"
        "From the start of `yulia flows publish` until the worker gives new calls the version, while a caller is on "
        "the line. The command checks the flows, trains understanding and plays all conversations of the dialogue, "
        "unless `yulia flows test` has passed for the very same files; the worker trains too where phrases were "
        "changed.\n\n" + "\n".join(lines) + "\n\n![each time](publishing.png)\n",
        encoding="utf-8",
    )
    return page


def _plot(figures: Sequence[Figure], path: Path) -> None:
    drawing, axis = pyplot.subplots(figsize=(7, 2.2))
    for place, figure in enumerate(figures):
        axis.plot(figure.samples, [place] * len(figure.samples), "o", alpha=0.6)
    axis.set_yticks(range(len(figures)), [figure.what for figure in figures], fontsize=7)
    axis.set_ylim(-0.5, len(figures) - 0.5)
    axis.set_xlim(left=0)
    axis.set_xlabel("s")
    axis.grid(axis="x", alpha=0.3)
    drawing.tight_layout()
    drawing.savefig(path, dpi=100)
    pyplot.close(drawing)
