from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.steps.step import Outcome, Step

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpStep(Step):
    """End the call."""

    contained: bool
    reason: str

    def enter(self, run: Run) -> Outcome:
        """End the dialogue."""
        run.hang_up(contained=self.contained, reason=self.reason)
        return Outcome.WAIT
