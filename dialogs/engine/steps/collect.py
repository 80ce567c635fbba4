from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.answers import Answered, Command, understand
from dialogs.engine.expressions import Expression
from dialogs.engine.state import Mode, SlotValue, Source, Waiting
from dialogs.engine.steps.step import Outcome, Step
from dialogs.engine.vocabulary import Event, Heard, HearingFailed, KeysPressed, NothingHeard, Question

if TYPE_CHECKING:
    from dialogs.engine.run import Run


MAX_REPEATS = 5
"""How often one question is repeated on demand; after that a wish for it counts as an answer not understood."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is said when an answer is missing: one response per time, then a way out."""

    rungs: tuple[str, ...]
    then: str | None = None  # target after the last rung; None = an agent


@dataclass(frozen=True, slots=True)
class Asking:
    """One question with everything it may need to say."""

    slot: str
    question: Question
    keys_question: Question  # the same without speech
    utter: str
    utter_keys: str  # the question when only keys are left
    no_input: Ladder
    no_match: Ladder


@dataclass(frozen=True, slots=True)
class Rejection:
    """An answer that is understood but not accepted."""

    condition: Expression
    utter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Step):
    """Ask the caller for a slot's value."""

    asking: Asking
    read_back: Asking | None = None  # «…, верно?» after a spoken answer
    ask_before_filling: bool = False
    rejections: tuple[Rejection, ...] = ()

    def enter(self, run: Run) -> Outcome:
        """Ask, unless the slot is filled already."""
        if self.ask_before_filling:
            run.clear_slot(self.asking.slot)
        elif run.is_filled(self.asking.slot):
            return Outcome.NEXT
        run.forget_misses(self.asking.question.id)
        return self._ask(run, self.asking)

    def again(self, run: Run) -> Outcome:
        """Put the question again."""
        return self._ask(run, self._current(run))

    def answer(self, run: Run, event: Event) -> Outcome:
        """Take an answer, a command, or the lack of one."""
        current = self._current(run)
        match event:
            case HearingFailed():
                run.mode = Mode.KEYS
                return run.ask(current, (run.hearing_failed, current.utter_keys))
            case NothingHeard():
                return self._miss(run, current, no_input=True)
            case KeysPressed(keys) if not keys.strip("#"):
                # «решётка» after a number that was complete without it
                return self._repeat(run, current, self.again)
            case Heard() | KeysPressed():
                match understand(event, current.question, run.bundle.slots[current.slot]):
                    case Command.OPERATOR:
                        return run.give_to_agent("asked")
                    case Command.REPEAT:
                        return self._repeat(run, current, lambda run: run.repeat(current))
                    case Answered() as answered if answered.is_clear or self.read_back is not None:
                        return self._take(run, current, answered)
                    case _:
                        return self._miss(run, current, no_input=False)
            case _:
                return self.again(run)

    def _repeat(self, run: Run, current: Asking, ask_again: Callable[[Run], Outcome]) -> Outcome:
        if run.count_repeat(current.question.id) > MAX_REPEATS:  # a stuck key, or somebody who needs a person
            return self._miss(run, current, no_input=False)
        return ask_again(run)

    def _current(self, run: Run) -> Asking:
        """Return the question that is open: the step's own, or whether its answer was read back right."""
        if run.waiting is Waiting.CONFIRMATION and self.read_back is not None:
            return self.read_back
        return self.asking

    def _ask(self, run: Run, asking: Asking) -> Outcome:
        return run.ask(asking, (asking.utter_keys if run.mode is Mode.KEYS else asking.utter,))

    def _take(self, run: Run, current: Asking, answered: Answered) -> Outcome:
        if current is self.read_back:
            candidate = run.candidate
            run.waiting, run.candidate = Waiting.ANSWER, None
            run.forget_misses(current.question.id)
            if not answered.value or candidate is None:
                return self._miss(run, self.asking, no_input=False)
            return self._fill(run, SlotValue(candidate.value, candidate.source, candidate.confidence, confirmed=True))
        by_keys = answered.source is Source.KEYS
        filled = SlotValue(answered.value, answered.source, answered.confidence, confirmed=by_keys)
        if by_keys or self.read_back is None:
            return self._fill(run, filled)
        run.waiting, run.candidate = Waiting.CONFIRMATION, filled
        return self._ask(run, self.read_back)

    def _fill(self, run: Run, filled: SlotValue) -> Outcome:
        slot = self.asking.slot
        run.slots[slot] = filled
        for rejection in self.rejections:
            if rejection.condition.holds(run.scope):
                run.clear_slot(slot)
                return self._miss(run, self.asking, no_input=False, instead=rejection.utter)
        run.forget_misses(self.asking.question.id)
        return Outcome.NEXT

    def _miss(self, run: Run, asking: Asking, *, no_input: bool, instead: str | None = None) -> Outcome:
        count = run.count_miss(asking.question.id, no_input=no_input)
        ladder = asking.no_input if no_input else asking.no_match
        if count <= len(ladder.rungs):
            by_keys = run.mode is Mode.KEYS
            return run.ask(asking, (asking.utter_keys if by_keys else instead or ladder.rungs[count - 1],))
        run.forget_misses(asking.question.id)
        run.waiting, run.candidate = Waiting.NOTHING, None
        if ladder.then is None:
            return run.give_to_agent("no_input" if no_input else "no_match")
        run.go_to(ladder.then)
        return Outcome.MOVED
