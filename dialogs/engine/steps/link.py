from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.steps.step import Outcome, Step

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Step):
    """Go over to another flow for good."""

    flow: str

    def enter(self, run: Run) -> Outcome:
        """End this flow and start the other."""
        run.link(self.flow)
        return Outcome.MOVED
