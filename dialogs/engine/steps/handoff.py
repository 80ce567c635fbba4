from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.expressions import Expression
from dialogs.engine.steps.step import Outcome, Step
from dialogs.engine.templates import Template
from dialogs.engine.vocabulary import Scalar

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffStep(Step):
    """Give the call to an agent."""

    queue: str | None = None  # else the queue of the flow the caller was in
    topic: Expression | Scalar = None  # else the flow the caller was in
    reason: Expression | Scalar = "asked"
    asked: tuple[Template, ...] = ()
    left: tuple[Template, ...] = ()

    def enter(self, run: Run) -> Outcome:
        """End the dialogue."""
        topic, reason = run.value_of(self.topic), run.value_of(self.reason)
        run.notes.add(asked=[text.render(run.scope) for text in self.asked])
        run.notes.add(left=[text.render(run.scope) for text in self.left])
        run.hand_off(
            queue=self.queue,
            topic=topic if isinstance(topic, str) else None,
            reason=reason if isinstance(reason, str) else "asked",
        )
        return Outcome.WAIT
