from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.steps.step import Outcome, Step

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class SayStep(Step):
    """Say responses and go on."""

    responses: tuple[str, ...]
    barge_in: bool = False
    repeat: bool = True  # whether «повторите» says it again

    def enter(self, run: Run) -> Outcome:
        """Say it."""
        run.say(self.responses, barge_in=self.barge_in, repeat=self.repeat)
        return Outcome.NEXT
