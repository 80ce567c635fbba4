from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.steps.step import Outcome, Step

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    """Run another flow and come back."""

    flow: str

    def enter(self, run: Run) -> Outcome:
        """Put the flow on the stack; the branches are followed when it has ended."""
        run.call(self.flow)
        return Outcome.MOVED
