"""Distributions as curves: which share of the cases took no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def draw_cumulative(axis: Any, seconds: Sequence[float], label: str | None = None, *, of: str = "cases") -> None:
    """Draw the share of cases at or below each time, the time in milliseconds."""
    share = [100 * (number + 1) / len(seconds) for number in range(len(seconds))]
    axis.step([1000 * each for each in sorted(seconds)], share, where="post", label=label)
    axis.set_xlabel("ms")
    axis.set_ylabel(f"% of {of} at or below")
    axis.grid(alpha=0.3)
