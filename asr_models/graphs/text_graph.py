"""A weighted graph as the text that OpenFst compiles."""

from __future__ import annotations

from dataclasses import dataclass, field

EPSILON = 0


@dataclass(frozen=True, slots=True)
class Arc:
    """A step from one state to another; costs are negative natural logarithms."""

    source: int
    target: int
    input: int
    output: int
    cost: float = 0.0


@dataclass(slots=True)
class TextGraph:
    """States are numbered from 0, the start, in the order they are made."""

    arcs: list[Arc] = field(default_factory=list)
    final_costs: dict[int, float] = field(default_factory=dict)
    states: int = 0

    def state(self) -> int:
        """Make a state."""
        self.states += 1
        return self.states - 1

    def arc(self, source: int, target: int, input: int = EPSILON, output: int = EPSILON, cost: float = 0.0) -> None:
        """Add a step."""
        self.arcs.append(Arc(source, target, input, output, cost))

    def as_text(self) -> str:
        """Write the graph as `fstcompile` reads it: its first line begins with the start state."""
        arcs = sorted(self.arcs, key=lambda arc: arc.source)
        lines = [f"{arc.source} {arc.target} {arc.input} {arc.output} {arc.cost:.5f}\n" for arc in arcs]
        return "".join(lines + [f"{state} {cost:.5f}\n" for state, cost in sorted(self.final_costs.items())])
