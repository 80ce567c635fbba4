"""The published page of the line's figures: a table and a plot in docs/benchmarks/."""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench.line_bench import Figure
from bench.plots import draw_cumulative

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"


def publish(figures: list[Figure], command: str, results: str) -> Path:
    """Write docs/benchmarks/README.md and its plot; return the page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _plot([figure for figure in figures if figure.unit == "s"], FOLDER / "line.png")
    rows = ["| what | n | p50 | p95 | p99 | max | target | met |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for figure in figures:
        numbers = " | ".join(f"{value:.3f} {figure.unit}" for value in (figure.p50, figure.p95, figure.p99, figure.max))
        met = {None: "", True: "yes", False: "**no**"}[figure.met]
        rows.append(f"| {figure.what} | {figure.n} | {numbers} | {figure.target} | {met} |")
    page = FOLDER / "README.md"
    page.write_text(
        "# The line, measured on the callers' side\n\n"
        "Other pages: [how much it understands](asr.md), [how soon it answers and falls silent](gap.md), "
        "[how soon a changed dialogue takes calls](publishing.md).\n\n"
        f"Command: `{command}`. {os.cpu_count()} cores; Asterisk, Redis, the loyalty sandbox, worker and callers "
        f"on one machine. Results file: `bench/results/{results}`.\n\n"
        "Times are the kernel's, read off a packet capture of the loopback. Callers are sipp (signalling) and "
        "`bench/media.py` (sound and keys). Lateness is against the best steady 20 ms schedule of each call.\n\n"
        + "\n".join(rows)
        + "\n\n![distributions](line.png)\n",
        encoding="utf-8",
    )
    return page


def _plot(figures: list[Figure], path: Path) -> None:
    drawing, axes = pyplot.subplots(1, len(figures), figsize=(4.6 * len(figures), 3.4))
    for axis, figure in zip(axes, figures, strict=True):
        draw_cumulative(axis, figure.samples)
        axis.set_title(figure.what.split(":")[0], fontsize=9)
    drawing.tight_layout()
    drawing.savefig(path, dpi=110)
