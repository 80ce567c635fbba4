"""What all kinds of steps share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from dialogs.engine.expressions import Expression
from dialogs.engine.templates import Template
from dialogs.engine.vocabulary import Event, Intent

if TYPE_CHECKING:
    from dialogs.engine.run import Run

END = "END"


class Outcome(Enum):
    """What comes after a step has acted."""

    NEXT = auto()  # follow the step's branches
    MOVED = auto()  # the step has changed the stack by itself
    WAIT = auto()  # the turn is over


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on: taken when its condition holds, or always when it has none."""

    target: str  # step id or END
    condition: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a flow."""

    id: str
    branches: tuple[Branch, ...] = ()
    done: Template | None = None  # told to the agent once the step is passed

    @property
    def slot(self) -> str | None:
        """The slot that is asked for; None for steps that ask nothing."""
        return None

    def enter(self, run: Run) -> Outcome:
        """Act, when the flow comes to this step."""
        raise NotImplementedError

    def answer(self, run: Run, event: Event) -> Outcome:
        """Take what the step waited for."""
        return self.again(run)

    def meant(self, run: Run, intents: tuple[Intent, ...]) -> Outcome:
        """Take what a free phrase at this step means."""
        return self.again(run)

    def take_from_phrase(self, run: Run) -> None:
        """Take what `run.phrase`, which started the flow, says of this step."""

    def again(self, run: Run) -> Outcome:
        """Put once more what the step waits for, without counting a miss."""
        return self.enter(run)
