"""The plot of docs/benchmarks/understanding.md: what is taken for what, and what confidence is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench.understanding.figures import reliability
from dialogs.engine.wishes import SURE, SURE_OF_YES
from dialogs.nlu.evaluation import Evaluation

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


def publish(measured: Mapping[str, Mapping[str, Evaluation]], folder: Path = FOLDER) -> Path:
    """Draw each engine's confusions on its largest set, and the confidences of all; return the plot's path."""
    drawing, axes = pyplot.subplots(1, len(measured) + 1, figsize=(7.5 * len(measured) + 5.5, 7.5), squeeze=False)
    for axis, (engine, sets) in zip(axes[0], measured.items(), strict=False):
        name, evaluation = max(sets.items(), key=lambda each: len(each[1].judged))
        _confusions(axis, evaluation, f"{engine}, {name}: {evaluation.accuracy:.1%} of {len(evaluation.judged)}")
    _confidences(axes[0][-1], measured)
    drawing.tight_layout()
    path = folder / "understanding.png"
    drawing.savefig(path, dpi=90)
    return path


def _confusions(axis: Any, evaluation: Evaluation, title: str) -> None:
    intents = [intent for intent, _, _ in evaluation.by_intent()]
    counts = Counter((each.example.intent, each.got) for each in evaluation.judged)
    totals = {intent: count for intent, count, _ in evaluation.by_intent()}
    shares = [[100 * counts[meant, got] / totals[meant] for got in intents] for meant in intents]
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=40)
    for row, own in enumerate(shares):
        for column, share in enumerate(own):
            if share >= 1:
                colour = "white" if share > 25 else "black"
                axis.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=6, color=colour)
    axis.set_xticks(range(len(intents)), intents, rotation=90, fontsize=7)
    axis.set_yticks(range(len(intents)), intents, fontsize=7)
    axis.set_xlabel("understood as")
    axis.set_ylabel("meant (% of its phrases)")
    axis.set_title(title, fontsize=10)


def _confidences(axis: Any, measured: Mapping[str, Mapping[str, Evaluation]]) -> None:
    for engine, sets in measured.items():
        for name, evaluation in sets.items():
            said, _, right = zip(*reliability(evaluation), strict=True)
            axis.plot(said, right, marker="o", linestyle="-" if name == "folds" else "--", label=f"{engine}, {name}")
    axis.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    for at in (SURE, SURE_OF_YES):
        axis.axvline(at, color="grey", linestyle=":", linewidth=0.8)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    axis.set_xlabel("confidence of the likeliest intent (dotted: thresholds)")
    axis.set_ylabel("share right")
    axis.set_title("What confidence is worth", fontsize=10)
    axis.legend(fontsize=8)
    axis.grid(alpha=0.3)
