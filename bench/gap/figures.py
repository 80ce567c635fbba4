"""Distributions of a run of the gap bench, with their targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.gap.callers import DICTATION, DIGITS, MENU, OPEN, YES_NO
from bench.gap.timing import Turn

CLOSED = (YES_NO, MENU, DIGITS, DICTATION)
_TOLD = {YES_NO: "yes or no", MENU: "menu", DIGITS: "code of four digits", DICTATION: "card number, last group"}


@dataclass(frozen=True, slots=True)
class Distribution:
    """Sorted seconds with what is asked of them."""

    what: str
    seconds: tuple[float, ...]
    p50_target: float | None = None
    p95_target: float | None = None

    @property
    def n(self) -> int:
        """Return the number of cases."""
        return len(self.seconds)

    def at(self, share: float) -> float:
        """Return the value below which a share of the cases lies (nearest rank)."""
        return self.seconds[min(self.n - 1, int(share * self.n))] if self.n else 0.0

    @property
    def p50(self) -> float:
        """Return the median."""
        return self.at(0.5)

    @property
    def p95(self) -> float:
        """Return what one in twenty exceeds."""
        return self.at(0.95)

    @property
    def max(self) -> float:
        """Return the longest."""
        return self.at(1.0)

    @property
    def target(self) -> str:
        """Tell what is asked."""
        asked = (("p50", self.p50_target), ("p95", self.p95_target))
        return ", ".join(f"{name} ≤ {least:g} s" for name, least in asked if least is not None)

    @property
    def met(self) -> bool | None:
        """Say whether it is reached; None when nothing is asked."""
        if not self.target:
            return None
        asked = ((self.p50, self.p50_target), (self.p95, self.p95_target))
        return bool(self.n) and all(least is None or value <= least for value, least in asked)

    def as_dict(self) -> dict[str, Any]:
        """Return it for the results file."""
        numbers = {"p50_seconds": self.p50, "p95_seconds": self.p95, "max_seconds": self.max}
        return {name: round(value, 3) for name, value in numbers.items()} | {"n": self.n, "met": self.met}


@dataclass(frozen=True, slots=True)
class GapFigures:
    """All that a run measured."""

    closed: Distribution
    open: Distribution
    barge_in: Distribution
    by_kind: tuple[Distribution, ...]
    in_crowd: tuple[Distribution, ...]  # of callers behind whom others talk on; they are in no other figure
    cut: int  # numbers that Yulia spoke into
    dictated: int
    cut_elsewhere: int
    unanswered: int
    resumed: int  # prompts interrupted by words that went on after all
    out_of_turn: int
    turns: tuple[Turn, ...]

    @classmethod
    def of(cls, every_turn: Sequence[Turn]) -> GapFigures:
        """Sort turns."""
        turns = [turn for turn in every_turn if not turn.in_crowd]
        crowd = [turn for turn in every_turn if turn.in_crowd]
        kinds = tuple(
            Distribution(f"closed: {_TOLD[kind]}", _gaps(turn for turn in turns if turn.kind == kind))
            for kind in CLOSED
        )
        in_crowd = (
            Distribution("in a crowd: closed", _gaps(turn for turn in crowd if turn.kind in CLOSED)),
            Distribution("in a crowd: open", _gaps(turn for turn in crowd if turn.kind == OPEN)),
            Distribution("in a crowd: barge-in", _stops(crowd)),
        )
        dictated = [turn for turn in turns if turn.kind == DICTATION and not turn.out_of_turn]
        return cls(
            Distribution("closed questions", _gaps(turn for turn in turns if turn.kind in CLOSED), 0.45, 0.8),
            Distribution("open question", _gaps(turn for turn in turns if turn.kind == OPEN), 0.9, 1.3),
            Distribution("barge-in: prompt silent", _stops(turns), None, 0.25),
            kinds,
            in_crowd,
            sum(turn.cut for turn in dictated),
            len(dictated),
            sum(turn.cut for turn in turns if turn.kind in (*CLOSED, OPEN) and turn.kind != DICTATION),
            sum(turn.unanswered for turn in turns if turn.kind in (*CLOSED, OPEN)),
            sum(turn.resumed for turn in turns),
            sum(turn.out_of_turn for turn in turns),
            tuple(every_turn),
        )

    def rows(self) -> Iterator[Distribution]:
        """List the distributions for tables."""
        yield from (self.closed, *self.by_kind, self.open, self.barge_in, *self.in_crowd)

    def as_dict(self) -> dict[str, Any]:
        """Return them for the results file."""
        return {
            "closed": self.closed.as_dict(),
            "open": self.open.as_dict(),
            "barge_in": self.barge_in.as_dict(),
            "by_kind": {row.what: row.as_dict() for row in self.by_kind},
            "in_crowd": {row.what: row.as_dict() for row in self.in_crowd},
            "dictation": {"cut": self.cut, "n": self.dictated},
            "cut_elsewhere": self.cut_elsewhere,
            "unanswered": self.unanswered,
            "resumed": self.resumed,
            "out_of_turn": self.out_of_turn,
            "turns": [
                {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(turn).items()}
                for turn in self.turns
            ],
        }


def _gaps(turns: Iterable[Turn]) -> tuple[float, ...]:
    return tuple(sorted(turn.gap_seconds for turn in turns if turn.gap_seconds is not None))


def _stops(turns: Iterable[Turn]) -> tuple[float, ...]:
    return tuple(sorted(turn.stop_seconds for turn in turns if turn.stop_seconds is not None))
