"""The dialogue engine: (bundle, state, event) -> (state, commands). No clock, no input or output, no surprise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dialogs.engine import bundle as names
from dialogs.engine.bundle import Bundle
from dialogs.engine.run import ENTERED, Fault, OnPassed, Run
from dialogs.engine.state import DialogueState, Source, Waiting
from dialogs.engine.steps.step import Outcome
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    CallStarted,
    Event,
    HandOff,
    Heard,
    HearingFailed,
    HungUp,
    KeysPressed,
    NothingHeard,
    Resumed,
    Turn,
    Understood,
)

STEP_BUDGET = 200
"""Steps that one event may take; more is an endless loop."""
MAX_TURNS = 400
"""Events of one call; more is a machine at the other end, or a fault of ours."""

OnFault = Callable[[Exception, Event], None]


class Engine:
    """A dialogue that can be asked any event in any state. Shared by all calls."""

    def __init__(
        self,
        bundle: Bundle,
        on_fault: OnFault = lambda error, event: None,
        on_passed: OnPassed | None = None,
    ) -> None:
        """Take a bundle; `on_fault` learns of what the caller hears as an apology, `on_passed` of every way taken."""
        self.bundle = bundle
        self._on_fault = on_fault
        self._on_passed = on_passed

    def begin(self) -> DialogueState:
        """Return the state of a call that has not begun."""
        return DialogueState(self.bundle.hash)

    def step(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
        """Take an event.

        Always returns a turn that ends in Ask, Understand, RunAction, HandOff or HangUp (empty only after HungUp) and
        never raises: what goes wrong inside is an apology and an agent.
        """
        if state.hung_up or isinstance(event, HungUp):
            return replace(state, hung_up=True), ()
        if state.final is not None:
            return state, (state.final,)
        try:
            return self._react(state, event)
        except Exception as error:
            self._on_fault(error, event)
            return self._apologise(state)

    def _react(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
        if state.turns >= MAX_TURNS:
            raise Fault("the call has no end")
        if state.bundle != self.bundle.hash:
            raise Fault("the state belongs to another bundle")
        run = Run(self.bundle, state, self._on_passed)
        if isinstance(event, Heard | KeysPressed | NothingHeard | HearingFailed | Understood):
            run.said.clear()
        if not run.frames:
            self._start(run, event)
        else:
            self._settle(run, self._take(run, event))
        self._go_on(run)
        return run.outcome()

    def _start(self, run: Run, event: Event) -> None:
        if isinstance(event, CallStarted):
            run.call_id = event.call_id
            run.set_slot(names.CALLER_NUMBER, event.caller_number, Source.NUMBER)
            for slot, value in event.facts.items():
                if slot in self.bundle.slots:
                    run.set_slot(slot, value)
        run.link(names.START)

    def _take(self, run: Run, event: Event) -> Outcome:
        was_understanding, run.is_understanding = run.is_understanding, False
        match run.waiting, event:
            case (Waiting.ANSWER | Waiting.CONFIRMATION, Understood(intents)) if was_understanding:
                return run.step.meant(run, intents)
            case (Waiting.ANSWER | Waiting.CONFIRMATION, Heard() | KeysPressed() | NothingHeard() | HearingFailed()):
                return run.step.answer(run, event)
            case (Waiting.ACTION, ActionDone() | ActionFailed()):
                return run.step.answer(run, event)
            case (_, Resumed()):
                run.said.clear()
                run.say((names.UTTER_RESUMED,), repeat=False)
                return run.step.again(run)
            case _:  # not what is waited for, e.g. a late result: put the question again
                run.said.clear()
                return run.step.again(run)

    def _go_on(self, run: Run) -> None:
        """Enter steps until one of them ends the turn."""
        for _ in range(STEP_BUDGET):
            if run.waiting is not Waiting.NOTHING or run.final is not None:
                return
            run.passed(run.step.id, ENTERED)
            self._settle(run, run.step.enter(run))
        raise Fault("endless loop")

    def _settle(self, run: Run, outcome: Outcome) -> None:
        if outcome is Outcome.NEXT:
            run.waiting = Waiting.NOTHING
            run.follow(run.step)

    def _apologise(self, state: DialogueState) -> tuple[DialogueState, Turn]:
        reason = "internal_error"
        try:
            calm = replace(state, waiting=Waiting.NOTHING, candidate=None, is_understanding=False)
            run = Run(self.bundle, calm, self._on_passed)
            run.break_down(reason)
            self._go_on(run)
            return run.outcome()
        except Exception as error:
            self._on_fault(error, HungUp())
            final = HandOff(state.topic, self.bundle.default_queue, reason, state.asked, state.done, state.left)
            return replace(state, final=final, waiting=Waiting.NOTHING, turns=state.turns + 1), (final,)
