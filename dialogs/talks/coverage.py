"""How much of the flows was passed: steps, branches, ladders; counted from what the engine's observer tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialogs.engine.bundle import Bundle
from dialogs.engine.run import ENTERED
from dialogs.engine.steps.action import Action
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.collect import Asking, Collect
from dialogs.engine.steps.step import Step
from dialogs.reader.places import StepPlaces
from dialogs.reader.problems import Place


class WayKind(StrEnum):
    """What a way is."""

    STEP = "step"
    BRANCH = "branch"
    LADDER = "ladder"  # a rung or the end of one; a rejected answer


@dataclass(frozen=True, slots=True)
class Way:
    """Something that a conversation can pass."""

    flow: str
    step: str
    way: str  # as `dialogs.engine.run.OnPassed` names it
    kind: WayKind
    told: str  # in Russian

    @property
    def key(self) -> tuple[str, str, str]:
        """Name it as the engine does."""
        return self.flow, self.step, self.way

    def place(self, places: Mapping[tuple[str, str], StepPlaces]) -> Place | None:
        """Return where it stands; of a ladder, its question's step."""
        found = places.get((self.flow, self.step))
        if found is None:
            return None
        if self.way.isdigit() and int(self.way) < len(found.branches):
            return found.branches[int(self.way)]
        return found.step


@dataclass(frozen=True, slots=True)
class Counted:
    """Some of many."""

    passed: int
    of: int

    @property
    def percent(self) -> float:
        """The share in percent; all of nothing is all."""
        return 100.0 * self.passed / self.of if self.of else 100.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """All ways of a dialogue, and those that were passed."""

    ways: tuple[Way, ...]
    passed: frozenset[tuple[str, str, str]]

    @property
    def total(self) -> Counted:
        """Count everything."""
        return self._count(self.ways)

    @property
    def not_passed(self) -> tuple[Way, ...]:
        """List what no conversation passed, in the order of flows and steps."""
        return tuple(way for way in self.ways if way.key not in self.passed)

    def flows(self) -> Iterator[tuple[str, Mapping[WayKind, Counted], Counted]]:
        """Count each flow, by kind and altogether."""
        for flow in dict.fromkeys(way.flow for way in self.ways):
            own = [way for way in self.ways if way.flow == flow]
            by_kind = {kind: self._count(way for way in own if way.kind is kind) for kind in WayKind}
            yield flow, by_kind, self._count(own)

    def _count(self, ways: Iterable[Way]) -> Counted:
        keys = [way.key for way in ways]
        return Counted(sum(key in self.passed for key in keys), len(keys))


def coverage(bundle: Bundle, passed: Iterable[tuple[str, str, str]]) -> Coverage:
    """Hold what was passed against all that the flows have."""
    ways = tuple(
        Way(flow.id, step.id, name, kind, told)
        for flow in bundle.flows.values()
        for step in flow.steps.values()
        for name, kind, told in _ways(step)
    )
    return Coverage(ways, frozenset(passed))


def _ways(step: Step) -> Iterator[tuple[str, WayKind, str]]:
    yield ENTERED, WayKind.STEP, f"шаг {step.id}"
    # The only way on from a step that always takes it says no more than the step.
    if len(step.branches) > 1 or isinstance(step, Action | Call | Collect):
        for number, branch in enumerate(step.branches):
            told = f"ветка {number + 1} из {len(step.branches)}" if len(step.branches) > 1 else "выход"
            yield str(number), WayKind.BRANCH, f"шаг {step.id}: {told} → {branch.target}"
    match step:
        case Action(failed=str(failed)):
            yield "failed", WayKind.BRANCH, f"шаг {step.id}: failed → {failed}"
        case Collect():
            yield from _ladders(step, step.asking, "")
            if step.read_back is not None:
                yield from _ladders(step, step.read_back, "confirm ")
            for number, rejection in enumerate(step.rejections, start=1):
                yield f"rejection {number}", WayKind.LADDER, f"шаг {step.id}: отказ {number} ({rejection.utter})"


def _ladders(step: Step, asking: Asking, prefix: str) -> Iterator[tuple[str, WayKind, str]]:
    where = f"шаг {step.id}: {'подтверждение, ' if prefix else ''}"
    for name, ladder in (("no_input", asking.no_input), ("no_match", asking.no_match)):
        for number, rung in enumerate(ladder.rungs, start=1):
            yield f"{prefix}{name} {number}", WayKind.LADDER, f"{where}{name}, ступень {number} ({rung})"
        yield f"{prefix}{name} end", WayKind.LADDER, f"{where}{name}, конец → {ladder.then or 'оператор'}"
