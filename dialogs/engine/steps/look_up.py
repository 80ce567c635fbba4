from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.expressions import Expression
from dialogs.engine.steps.step import Outcome, Step
from dialogs.engine.vocabulary import Scalar

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp(Step):
    """Find a table's row; it is `result` in the conditions that follow."""

    table: str
    where: tuple[tuple[str, Expression | Scalar], ...]

    def enter(self, run: Run) -> Outcome:
        """Keep the first row that fits, and whether there was none, one or several."""
        cells = {column: run.value_of(value) for column, value in self.where}
        rows = run.bundle.tables[self.table].matching(cells)
        outcome = "several" if len(rows) > 1 else "found" if rows else "not_found"
        run.keep({**(rows[0] if rows else {}), "outcome": outcome})
        return Outcome.NEXT
