from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dialogs.engine.answers import Answered
from dialogs.engine.interruptions import want
from dialogs.engine.steps.collect import Asking, Collect
from dialogs.engine.steps.step import Outcome
from dialogs.engine.vocabulary import Event, Heard
from dialogs.grammar import yes_no
from dialogs.grammar.words import FILLERS, words

if TYPE_CHECKING:
    from dialogs.engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarify(Collect):
    """Ask which of the proposed flows the caller wants, one yes-or-no question each.

    A yes starts the flow; the branches are followed when none was right.
    """

    def enter(self, run: Run) -> Outcome:
        """Ask about the first proposal; the question is the flow's own (`confirm`)."""
        if not run.proposals:
            return Outcome.NEXT
        run.misses.forget(self.asking.question.id)
        return self._ask(run, self._current(run))

    def answer(self, run: Run, event: Event) -> Outcome:
        """Take yes, no, or «нет» with the right wish behind it."""
        phrase = self._free_phrase(run, self.asking, event) if isinstance(event, Heard) else None
        if phrase is not None and yes_no.parse(phrase) is False and _says_more_than_no(phrase):
            return run.understand(phrase)
        return Collect.answer(self, run, event)  # not super(): a dataclass with slots is another class

    def _current(self, run: Run) -> Asking:
        flow = run.bundle.flows[run.proposals[0]] if run.proposals else None
        return replace(self.asking, utter=flow.confirm) if flow is not None and flow.confirm else self.asking

    def _take(self, run: Run, current: Asking, answered: Answered) -> Outcome:
        if answered.value:
            want(run, run.proposals[0])
            return Outcome.MOVED
        run.proposals = run.proposals[1:]
        return self.enter(run)


def _says_more_than_no(phrase: str) -> bool:
    no = {word for each in yes_no.NO for word in words(each)}
    return sum(word not in FILLERS and word not in no for word in words(phrase)) > 1
