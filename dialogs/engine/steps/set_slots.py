from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.expressions import Expression
from dialogs.engine.steps.step import Outcome, Step
from dialogs.engine.vocabulary import Scalar

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSlots(Step):
    """Fill slots with fixed or computed values; null empties."""

    values: tuple[tuple[str, Expression | Scalar], ...]

    def enter(self, run: Run) -> Outcome:
        """Fill them in order, so that a later one may use an earlier one."""
        for slot, value in self.values:
            run.set_slot(slot, run.value_of(value))
        return Outcome.NEXT
