from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.expressions import Expression
from dialogs.engine.steps.step import Outcome, Step
from dialogs.engine.vocabulary import ActionDone, ActionFailed, Event, Scalar

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Step):
    """Call the outside; its result is `result` in the conditions that follow."""

    action: str
    arguments: tuple[tuple[str, Expression | Scalar], ...] = ()
    waiting: str | None = None  # response for a slow answer
    failed: str | None = None  # target when it could not be carried out; else the pattern of internal errors

    def enter(self, run: Run) -> Outcome:
        """Start it."""
        arguments = {name: run.value_of(value) for name, value in self.arguments}
        run.start_action(self.action, arguments, self.waiting)
        return Outcome.WAIT

    def answer(self, run: Run, event: Event) -> Outcome:
        """Take the result; one that breaks the contract counts as a failure."""
        match event:
            case ActionDone(action, result) if action == self.action:
                if run.keep_result(action, result):
                    return Outcome.NEXT
                return self._give_up(run, "garbage")
            case ActionFailed(action, error) if action == self.action:
                return self._give_up(run, error)
            case _:
                return self.again(run)

    def _give_up(self, run: Run, error: str) -> Outcome:
        run.keep_error(error)
        if self.failed is None:
            run.break_down("action_failed")
        else:
            run.passed(self.id, "failed")
            run.go_to(self.failed)
        return Outcome.MOVED
