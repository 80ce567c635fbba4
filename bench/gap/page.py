"""The published page of the gap bench: docs/benchmarks/gap.md and its plot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench.gap.callers import DICTATION_PAUSE_SECONDS
from bench.gap.figures import GapFigures
from bench.plots import draw_cumulative

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


def publish(facts: Mapping[str, Any], figures: GapFigures, results: str, *, folder: Path = FOLDER) -> Path:
    """Write the page and its plot; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    _plot(figures, folder / "gap.png")
    page = folder / "gap.md"
    page.write_text("\n".join(_page(facts, figures, results)) + "\n", encoding="utf-8")
    return page


def _page(facts: Mapping[str, Any], figures: GapFigures, results: str) -> Iterator[str]:
    yield "# How soon the line answers, and how soon it falls silent"
    yield ""
    yield (
        f"Command: `{facts['command']}`. {facts['date'][:10]}, {facts['machine']['cores']} cores with Asterisk, Redis, "
        f"worker and callers on them; {facts['calls']} calls and {facts['in_crowd']} out of a crowd, "
        f"{facts['at_once']} at a time. Results file: "
        f"`bench/results/{results}`."
    )
    yield ""
    yield "| what | n | p50 | p95 | max | target | met |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in figures.rows():
        met = {None: "", True: "yes", False: "**no**"}[row.met]
        yield f"| {row.what} | {row.n} | {row.p50:.3f} s | {row.p95:.3f} s | {row.max:.3f} s | {row.target} | {met} |"
    yield ""
    yield (
        f"Card numbers dictated in four groups with pauses of {DICTATION_PAUSE_SECONDS} s: **{figures.cut} of "
        f"{figures.dictated} cut**. Other answers cut: {figures.cut_elsewhere}. Turns without any answer: "
        f"{figures.unanswered}. Prompts interrupted by words that went on after all: {figures.resumed} of "
        f"{figures.barge_in.n}."
    )
    yield ""
    yield "![distributions](gap.png)"
    yield ""
    yield "## How it is measured"
    yield ""
    yield (
        "Scripted callers (RHVoice's held-out voices at -30…-18 dBFS, a third of them with noise at 15–25 dB around "
        "and beneath their speech) ring a line of its own over real SIP and answer the questions of `bench/flows`. "
        "Each call is recorded on the caller's side, the caller left, Yulia right, on one time line."
    )
    yield ""
    yield (
        "- What the caller says is known to the sample: the clip is looked up in the left side, by "
        "correlation. Its speech ends with the last sample above -25 dB of its level.\n"
        "- Yulia's sound is found in blocks of 10 ms above -45 dBFS. 20 ms are added, since a packet is heard when all "
        "of it has come; a jitter buffer of the caller's telephone would add its own.\n"
        "- The callers' phones look at their audio every 5 ms: each time is within about 5 ms, plus the 10 ms block.\n"
        "- Barge-in counts where the prompt sounded within the 0.3 s before; it is silent from the last sound before a "
        "silence of 0.4 s. The prompt has no pauses of its own that long.\n"
        "- In a crowd: five people (espeak-ng's voices) talk on behind the caller for the whole call, 18, 14 or 10 dB "
        "below them. These callers are in no other row.\n"
        "- Every turn counts, understood or not. The next prompt is the answer: nothing is looked up in between.\n"
        "- The open question ends by the ordinary pause, set to 0.7 s in `bench/flows`; half of what is said there has "
        "a pause of 0.2–0.45 s in the middle."
    )


def _plot(figures: GapFigures, path: Path) -> None:
    drawing, axes = pyplot.subplots(1, 3, figsize=(13, 3.6))
    for axis, row in zip(axes, (figures.closed, figures.open, figures.barge_in), strict=True):
        draw_cumulative(axis, row.seconds, of="turns")
        for at, least in ((50, row.p50_target), (95, row.p95_target)):
            if least is not None:
                axis.plot([1000 * least] * 2, [0, at], color="black", linestyle="--", linewidth=1)
                axis.plot([0, 1000 * least], [at] * 2, color="black", linestyle=":", linewidth=0.8)
        axis.set_xlim(left=0)
        axis.set_ylim(0, 101)
        axis.set_title(f"{row.what} (n = {row.n})", fontsize=10)
        axis.set_xlabel("ms (dashed: target)")
    drawing.tight_layout()
    drawing.savefig(path, dpi=100)
