from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dialogs.engine.answers import Answered, Command, readings, understand
from dialogs.engine.bundle import SlotKind
from dialogs.engine.expressions import Expression
from dialogs.engine.interruptions import cancel, go_back, propose, want
from dialogs.engine.prefill import answer_in
from dialogs.engine.read_back import MAX_CORRECTIONS, ReadBack, Repair, Understood
from dialogs.engine.state import Mode, SlotValue, Source, Waiting
from dialogs.engine.steps.step import Outcome, Step
from dialogs.engine.vocabulary import Event, Heard, HearingFailed, Intent, KeysPressed, NothingHeard, Question
from dialogs.engine.wishes import Propose, Start, wish
from dialogs.grammar.correction import Corrected, Unclear
from dialogs.grammar.grouping import digits_of
from dialogs.grammar.number_words import number_word
from dialogs.grammar.words import FILLERS, GREETINGS, UNKNOWN, words

if TYPE_CHECKING:
    from dialogs.engine.run import Run


MAX_PHRASES = 30
"""Free phrases of one call whose meaning is found out; further ones are not understood."""
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
    repair: Repair | None = None  # of a number that was read back
    ask_before_filling: bool = False
    from_phrase: bool = False  # of a choice: the phrase that started the flow may name it
    rejections: tuple[Rejection, ...] = ()

    @property
    def slot(self) -> str:
        """The slot that is asked for."""
        return self.asking.slot

    def enter(self, run: Run) -> Outcome:
        """Ask, unless the slot is filled already; a number that nobody has confirmed yet is read back."""
        if self.ask_before_filling:
            run.clear_slot(self.slot)
        filled = run.slots.get(self.slot)
        if filled is not None and self.read_back is not None and not filled.confirmed:
            run.clear_slot(self.slot)
            return self._read(run, self.read_back, filled)
        if filled is not None:
            return Outcome.NEXT
        run.misses.forget(self.asking.question.id)
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
                match self._understand(run, current, event):
                    case Command() as command:
                        return self._obey(run, current, command)
                    case Answered() as answered if answered.is_clear or self.read_back is not None:
                        return self._take(run, current, answered)
                    case Corrected(grouped):
                        return self._correct(run, grouped)
                    case Unclear.GROUP | Unclear.DIGITS as missing if self.repair is not None:
                        return self._ask_for_the_rest(run, self.repair, missing, event)
                    case Unclear():
                        return self._give_the_number_up(run)
                    case _ if (phrase := self._free_phrase(run, current, event)) is not None:
                        return run.understand(phrase)
                    case _:
                        return self._miss(run, current, no_input=False)
            case _:
                return self.again(run)

    def meant(self, run: Run, intents: tuple[Intent, ...]) -> Outcome:
        """Do what a phrase that was no answer asks for."""
        current = self._current(run)
        match wish(run, intents, run.bundle.slots[current.slot].kind):
            case Command() as command:
                return self._obey(run, current, command)
            case Answered() as answered:
                return self._take(run, current, answered)
            case Start(flow):
                want(run, flow)
                return Outcome.MOVED
            case Propose(flows):
                propose(run, flows)
                return Outcome.MOVED
            case None:
                return self._miss(run, current, no_input=False)

    def take_from_phrase(self, run: Run) -> None:
        """Fill the slot with what the phrase says; numbers only where they will be read back."""
        slot = run.bundle.slots[self.slot]
        is_wanted = self.from_phrase if slot.kind is SlotKind.CHOICE else self.read_back is not None
        if is_wanted and self.slot not in run.slots:
            answer = answer_in(run.phrase, self.asking.question, slot)
            if answer is not None:
                run.slots[self.slot] = answer

    def _free_phrase(self, run: Run, current: Asking, event: Heard | KeysPressed) -> str | None:
        """Return what was said when it may be a wish beside the question."""
        if not isinstance(event, Heard) or not current.question.digressions or run.phrases >= MAX_PHRASES:
            return None
        said = " ".join(word for word in readings(event)[0].split() if word != UNKNOWN)
        return said if any(_may_tell_a_wish(word) for word in words(said)) else None

    def _obey(self, run: Run, current: Asking, command: Command) -> Outcome:
        match command:
            case Command.OPERATOR:
                return run.give_to_agent("asked")
            case Command.REPEAT:
                return self._repeat(run, current, lambda run: run.repeat(current))
            case Command.WAIT:
                return self._repeat(run, current, lambda run: run.wait(current))
            case Command.CANCEL:
                cancel(run)
                return Outcome.MOVED
            case Command.BACK:
                return self._back(run, current)

    def _back(self, run: Run, current: Asking) -> Outcome:
        if run.candidate is not None:  # the question before «верно?» is the number's own
            run.close_question(Waiting.ANSWER)
            return self._ask(run, self.asking)
        return Outcome.MOVED if go_back(run) else self._repeat(run, current, lambda run: run.repeat(current))

    def _repeat(self, run: Run, current: Asking, ask_again: Callable[[Run], Outcome]) -> Outcome:
        if run.misses.repeated(current.question.id) > MAX_REPEATS:  # a stuck key, or somebody who needs a person
            return self._miss(run, current, no_input=False)
        return ask_again(run)

    def _current(self, run: Run) -> Asking:
        """Return the question that is open: the step's own, or whether its answer was read back right."""
        if run.waiting is Waiting.CONFIRMATION and self.read_back is not None:
            return self.read_back
        return self.repair.asking if run.candidate is not None and self.repair is not None else self.asking

    def _understand(self, run: Run, current: Asking, event: Heard | KeysPressed) -> Understood:
        slot = run.bundle.slots[current.slot]
        if run.candidate is None or self.repair is None:
            return understand(event, current.question, slot)
        number = run.bundle.slots[self.asking.slot]
        return ReadBack(run.candidate, run.half_corrected).understand(event, current.question, slot, number.groups)

    def _ask(self, run: Run, asking: Asking) -> Outcome:
        return run.ask(asking, (asking.utter_keys if run.mode is Mode.KEYS else asking.utter,))

    def _take(self, run: Run, current: Asking, answered: Answered) -> Outcome:
        if current is self.read_back:
            run.misses.forget(current.question.id)
            if not answered.value or run.candidate is None:
                return self._deny(run)
            return self._fill(run, replace(run.candidate, confirmed=True))
        by_keys = answered.source is Source.KEYS
        filled = SlotValue(answered.value, answered.source, answered.confidence, by_keys, answered.grouped)
        # a number that was keyed is known; letters keyed for a word may mean another one
        is_known = by_keys and run.bundle.slots[current.slot].kind is SlotKind.NUMBER_STRING
        if is_known or self.read_back is None:
            return self._fill(run, filled)
        return self._read(run, self.read_back, filled)

    def _read(self, run: Run, read_back: Asking, value: SlotValue) -> Outcome:
        run.waiting, run.candidate, run.half_corrected = Waiting.CONFIRMATION, value, ""
        return self._ask(run, read_back)

    def _deny(self, run: Run) -> Outcome:
        """Ask anew; where a number can be put right, ask for that first."""
        run.waiting, run.half_corrected = Waiting.ANSWER, ""
        if self.repair is None or run.candidate is None:
            run.candidate = None
            return self._miss(run, self.asking, no_input=False)
        return self._miss(run, self.repair.asking, no_input=False, instead_of_first=self.repair.asking.utter)

    def _correct(self, run: Run, grouped: str) -> Outcome:
        if run.candidate is None or self.read_back is None or self._corrects_too_often(run):
            return self._give_the_number_up(run)
        return self._read(run, self.read_back, replace(run.candidate, value=digits_of(grouped), grouped=grouped))

    def _ask_for_the_rest(self, run: Run, repair: Repair, missing: Unclear, event: Heard | KeysPressed) -> Outcome:
        if self.read_back is None or self._corrects_too_often(run):
            return self._give_the_number_up(run)
        said = readings(event)[0] if isinstance(event, Heard) else ""
        run.waiting, run.half_corrected = Waiting.CONFIRMATION, said
        return run.ask(self.read_back, (repair.utter_group if missing is Unclear.GROUP else repair.utter_digits,))

    def _corrects_too_often(self, run: Run) -> bool:
        return run.misses.corrected(self.asking.question.id) > MAX_CORRECTIONS

    def _give_the_number_up(self, run: Run) -> Outcome:
        run.close_question(Waiting.ANSWER)
        return self._miss(run, self.asking, no_input=False)

    def _fill(self, run: Run, filled: SlotValue) -> Outcome:
        slot = self.asking.slot
        run.slots[slot] = filled
        run.close_question(Waiting.ANSWER)
        for number, rejection in enumerate(self.rejections, start=1):
            if rejection.condition.holds(run.scope):
                run.passed(self.id, f"rejection {number}")
                run.clear_slot(slot)
                return self._miss(run, self.asking, no_input=False, instead=rejection.utter)
        run.misses.forget(self.asking.question.id)
        run.note_answered(self.id)
        return Outcome.NEXT

    def _miss(
        self,
        run: Run,
        asking: Asking,
        *,
        no_input: bool,
        instead: str | None = None,
        instead_of_first: str | None = None,
    ) -> Outcome:
        count = run.misses.missed(asking.question.id, no_input=no_input)
        ladder = asking.no_input if no_input else asking.no_match
        if count <= len(ladder.rungs):
            by_keys = run.mode is Mode.KEYS
            instead = instead_of_first if count == 1 and instead_of_first is not None else instead
            if instead is None and not by_keys:  # else it is not what is said
                self._passed(run, asking, no_input, str(count))
            return run.ask(asking, (asking.utter_keys if by_keys else instead or ladder.rungs[count - 1],))
        self._passed(run, asking, no_input, "end")
        run.misses.forget(asking.question.id)
        run.close_question()
        if ladder.then is None:
            return run.give_to_agent("no_input" if no_input else "no_match")
        run.go_to(ladder.then)
        return Outcome.MOVED

    def _passed(self, run: Run, asking: Asking, no_input: bool, rung: str) -> None:
        ladder = "no_input" if no_input else "no_match"
        run.passed(self.id, f"{'confirm ' if asking is self.read_back else ''}{ladder} {rung}")


def _may_tell_a_wish(word: str) -> bool:
    """Rule out numbers, too: nobody wishes «сорок пять три», but noise is readily taken for it."""
    return word.isalpha() and word not in FILLERS - GREETINGS and number_word(word) is None
