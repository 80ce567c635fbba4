from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.steps.step import Outcome, Step

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop(Step):
    """Do nothing: a place for branches."""

    def enter(self, run: Run) -> Outcome:
        """Go on at once."""
        return Outcome.NEXT
