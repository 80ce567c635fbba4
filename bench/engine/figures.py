"""Distributions of a run of the engine bench, with their targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TARGET_SECONDS = 0.001
SHARES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


@dataclass(frozen=True, slots=True)
class StepTimes:
    """One step of one conversation, taken again and again."""

    event: str  # its kind
    step_seconds: list[float] = field(default_factory=list)
    keeping_seconds: list[float] = field(default_factory=list)  # to write the new state down and read it again


@dataclass(frozen=True, slots=True)
class Row:
    """A distribution."""

    what: str
    seconds: tuple[float, ...]
    most_seconds: float | None = None  # asked of the longest

    @property
    def n(self) -> int:
        """Return the number of cases."""
        return len(self.seconds)

    @property
    def over(self) -> float:
        """Return the share of cases that took longer than a step may, 0..1."""
        return float(np.mean(np.asarray(self.seconds) > TARGET_SECONDS))

    @property
    def target(self) -> str:
        """Tell what is asked."""
        return "" if self.most_seconds is None else f"max ≤ {1000 * self.most_seconds:g} ms"

    @property
    def met(self) -> bool | None:
        """Say whether it is reached; None when nothing is asked."""
        return None if self.most_seconds is None else max(self.seconds) <= self.most_seconds

    @property
    def quantiles(self) -> dict[str, float]:
        """Return the seconds that each of `SHARES` of the cases stays within."""
        return dict(zip(SHARES, np.quantile(self.seconds, list(SHARES.values())).tolist(), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Return it for the results file."""
        rounded = {f"{name}_seconds": round(value, 6) for name, value in self.quantiles.items()}
        return {"what": self.what, "n": self.n, **rounded, "over": round(self.over, 6), "met": self.met}


def rows(timed: Sequence[StepTimes]) -> tuple[Row, ...]:
    """Sum up: each step by its median, then all that was measured, then by what happened."""
    return tuple(_rows(timed))


def _rows(timed: Sequence[StepTimes]) -> Iterator[Row]:
    medians = tuple(float(np.median(each.step_seconds)) for each in timed)
    yield Row("each step, median of its rounds", medians, TARGET_SECONDS)
    yield Row("all steps of all rounds", tuple(seconds for each in timed for seconds in each.step_seconds))
    yield Row("state written and read again", tuple(seconds for each in timed for seconds in each.keeping_seconds))
    for event in sorted({each.event for each in timed}):
        yield Row(event, tuple(seconds for each in timed if each.event == event for seconds in each.step_seconds))
