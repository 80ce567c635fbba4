"""One step of the engine while it is being made: a working copy of the state and the commands so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dialogs.engine import bundle as names
from dialogs.engine.bundle import Bundle, Flow
from dialogs.engine.expressions import Expression
from dialogs.engine.notes import MissCounts, Notes
from dialogs.engine.operation_key import operation_key
from dialogs.engine.state import (
    DialogueState,
    Entry,
    Frame,
    Mode,
    SlotValue,
    Source,
    Waiting,
    plain,
)
from dialogs.engine.steps.step import END, Outcome, Step
from dialogs.engine.templates import Scope
from dialogs.engine.vocabulary import (
    Ask,
    Command,
    HandOff,
    HangUp,
    Prompt,
    RunAction,
    Say,
    Scalar,
    Turn,
    Understand,
    Value,
)

if TYPE_CHECKING:
    from dialogs.engine.steps.collect import Asking

Known = TypeVar("Known")

OnPassed = Callable[[str, str, str], None]
"""Learns of (flow, step, way): `ENTERED`, the number of a branch, "failed", "no_input 1", "no_match end", ..."""
ENTERED = "entered"

MAX_FRAMES = 16
MAX_SAID = 8
WAIT_SECONDS = 30.0
"""How long a caller who said «подождите» may look for the answer."""


class Fault(Exception):
    """A flow cannot go on: endless loop, missing value, foreign state."""


class Run:
    """The working copy. Steps act on it; the engine turns it back into a state."""

    hearing_failed = names.UTTER_HEARING_FAILED

    def __init__(self, bundle: Bundle, state: DialogueState, on_passed: OnPassed | None = None) -> None:
        self.bundle = bundle
        self._on_passed = on_passed
        self.before = state
        self.frames = list(state.frames)
        self.waiting = state.waiting
        self.slots: dict[str, SlotValue] = dict(state.slots)
        self.candidate = state.candidate
        self.phrase = state.phrase
        self.is_understanding = state.is_understanding
        self.proposals = state.proposals
        self.phrases = state.phrases
        self.half_corrected = state.half_corrected
        self.misses = MissCounts(state.misses)
        self.said = list(state.said)
        self.mode: Mode = state.mode
        self.topic = state.topic
        self.notes = Notes(state.asked, state.done, state.left)
        self.final = state.final
        self.call_id = state.call_id
        self.operations = state.operations
        self.commands: list[Command] = []

    def outcome(self) -> tuple[DialogueState, Turn]:
        """Return the new state and the commands."""
        state = replace(
            self.before,
            frames=tuple(self.frames),
            waiting=self.waiting,
            slots=self.slots,
            candidate=self.candidate,
            phrase=self.phrase,
            is_understanding=self.is_understanding,
            proposals=self.proposals,
            phrases=self.phrases,
            half_corrected=self.half_corrected,
            misses=self.misses.by_question,
            said=tuple(self.said[-MAX_SAID:]),
            mode=self.mode,
            topic=self.topic,
            asked=self.notes.asked,
            done=self.notes.done,
            left=self.notes.left,
            turns=self.before.turns + 1,
            final=self.final,
            call_id=self.call_id,
            operations=self.operations,
        )
        return state, tuple(self.commands)

    # ---- the stack

    @property
    def frame(self) -> Frame:
        """The flow that is running."""
        return self.frames[-1]

    @property
    def flow(self) -> Flow:
        """The running flow's definition."""
        return self.definition(self.frame.flow)

    @property
    def step(self) -> Step:
        """The step that the running flow is at."""
        return self._known(self.flow.steps, self.frame.step)

    def definition(self, flow_id: str) -> Flow:
        """Return a flow of the bundle."""
        return self._known(self.bundle.flows, flow_id)

    def _known(self, table: Mapping[str, Known], name: str) -> Known:
        if name not in table:
            raise Fault(f"the bundle has no {name!r}")
        return table[name]

    def link(self, flow_id: str) -> None:
        """Drop the stack and start a flow."""
        while self.frames:
            self.leave()
        self._start(flow_id, Entry.LINKED)

    def call(self, flow_id: str, entry: Entry = Entry.CALLED) -> None:
        """Start a flow on top of the running one."""
        if len(self.frames) >= MAX_FRAMES:
            raise Fault("flows call each other without end")
        self._start(flow_id, entry)

    def go_to(self, target: str, *, is_told: bool = False) -> None:
        """Move the running flow to a step, or end it: its task counts as done, unless the agent was told what was."""
        self.close_question()
        if target != END:
            self.frames[-1] = replace(self.frame, step=target)
            return
        flow, entry = self.flow, self.frame.entry
        if flow.task is not None:
            self.notes.end(flow.task, done=not is_told)
        self.leave()
        if entry is Entry.CALLED and self.frames:
            self.follow(self.step)
        elif entry is Entry.INTERRUPTING and self.frames:
            if flow.task is not None:
                self.say((names.UTTER_CONTINUE,), repeat=False)
            return  # the interrupted step is entered again
        elif flow.id == names.COMPLETED:
            self.hang_up(contained=True, reason="completed")
        else:
            self._start(names.COMPLETED, Entry.LINKED)

    def follow(self, step: Step) -> None:
        """Leave a step by the first branch that holds."""
        if step.done is not None:
            self.notes.add(done=[step.done.render(self.scope)])
        for number, branch in enumerate(step.branches):
            if branch.condition is None or branch.condition.holds(self.scope):
                self.passed(step.id, str(number))
                self.go_to(branch.target, is_told=step.done is not None)
                return
        self.go_to(END)

    def passed(self, step: str, way: str) -> None:
        """Tell who measures coverage that the running flow went this way."""
        if self._on_passed is not None:
            self._on_passed(self.frame.flow, step, way)

    def _start(self, flow_id: str, entry: Entry) -> None:
        flow = self.definition(flow_id)
        self.close_question()
        self.frames.append(Frame(flow_id, flow.first, entry))
        if flow.task is not None:
            self.topic = flow_id
            self.notes.add(asked=[flow.task], left=[flow.task])

    def close_question(self, waiting: Waiting = Waiting.NOTHING) -> None:
        """Forget what was being read back."""
        self.waiting, self.candidate, self.half_corrected = waiting, None, ""

    def leave(self) -> None:
        """Take the running flow off the stack; what only it asked for is forgotten."""
        left = self.flow
        was_digression = self.frames.pop().entry is Entry.INTERRUPTING and left.task is not None
        under_way = [frame.flow for frame in self.frames if self.definition(frame.flow).task is not None]
        if was_digression and under_way:
            self.topic = under_way[-1]
        still_needed = {slot for frame in self.frames for slot in self.definition(frame.flow).resets}
        for slot in left.resets:
            if slot not in still_needed:
                self.clear_slot(slot)

    # ---- the caller's part

    @property
    def is_busy(self) -> bool:
        """Say whether a task is under way."""
        return any(self.definition(frame.flow).task is not None for frame in self.frames)

    def understand(self, phrase: str) -> Outcome:
        """Ask what a free phrase means."""
        self.said = list(self.before.said)
        self.phrase, self.is_understanding = phrase, True
        self.phrases += 1
        self.commands.append(Understand(phrase))
        return Outcome.WAIT

    def note_answered(self, step_id: str) -> None:
        """Note that the running flow's question was answered."""
        asked = tuple(each for each in self.frame.answered if each != step_id)
        self.frames[-1] = replace(self.frame, answered=(*asked, step_id))

    # ---- values

    @property
    def scope(self) -> Scope:
        """What names in conditions and texts stand for."""
        slots: dict[str, Value] = {name: slot.initial for name, slot in self.bundle.slots.items()}
        slots |= {name: filled.value for name, filled in self.slots.items()}
        answer = self.candidate
        return {
            "slots": slots,
            "result": self.frames[-1].result if self.frames else {},
            "settings": self.bundle.facts,
            "answer": {"value": answer.value, "groups": answer.grouped or answer.value} if answer else {},
        }

    def value_of(self, value: Expression | Scalar) -> Value:
        """Compute an expression; other values are themselves."""
        return value.value(self.scope) if isinstance(value, Expression) else value

    def set_slot(self, slot: str, value: Value, source: Source = Source.SYSTEM) -> None:
        """Fill a slot; None empties it."""
        if value is None:
            self.clear_slot(slot)
        else:
            self.slots[slot] = SlotValue(plain(value), source, confirmed=True)

    def clear_slot(self, slot: str) -> None:
        """Forget a value."""
        self.slots.pop(slot, None)

    # ---- commands

    def prompt(self, response_id: str) -> Prompt:
        """Render a response; its wordings take turns."""
        response = self._known(self.bundle.responses, response_id)
        variant = response.variants[self.before.turns % len(response.variants)]
        return Prompt(response.id, variant.text.render(self.scope), variant.recorded, variant.text.sensitive)

    def say(self, responses: Iterable[str], *, barge_in: bool = False, repeat: bool = True) -> None:
        """Say without waiting."""
        prompts = tuple(self.prompt(response) for response in responses)
        self.commands.append(Say(prompts, barge_in))
        if repeat:
            self.said.extend(prompts)

    def ask(self, asking: Asking, responses: Iterable[str]) -> Outcome:
        """Ask and wait for the answer."""
        prompts = tuple(self.prompt(response) for response in responses)
        self.said.extend(prompts)
        return self._put(asking, prompts)

    def repeat(self, asking: Asking) -> Outcome:
        """Ask again with everything that was said since the caller's last answer."""
        self.said = list(self.before.said)
        return self._put(asking, self.before.said or (self.prompt(asking.utter),))

    def wait(self, asking: Asking) -> Outcome:
        """Give the caller time to look for the answer."""
        self.said = list(self.before.said)
        return self._put(asking, (self.prompt(names.UTTER_WAIT),), WAIT_SECONDS)

    def _put(self, asking: Asking, prompts: tuple[Prompt, ...], start_seconds: float = 0.0) -> Outcome:
        if self.waiting is not Waiting.CONFIRMATION:
            self.waiting = Waiting.ANSWER
        question = asking.keys_question if self.mode is Mode.KEYS else asking.question
        if start_seconds > question.limits.start_seconds:
            question = replace(question, limits=replace(question.limits, start_seconds=start_seconds))
        self.commands.append(Ask(prompts, question))
        return Outcome.WAIT

    def start_action(self, action: str, arguments: Mapping[str, Value], waiting: str | None) -> None:
        """Call the outside."""
        contract = self._known(self.bundle.actions, action)
        prompt = self.prompt(waiting) if waiting is not None else None
        self.waiting = Waiting.ACTION
        key = operation_key(self.call_id, action, arguments, self.operations) if contract.changes else None
        self.commands.append(RunAction(action, arguments, contract.limit_seconds, prompt, operation_key=key))

    def keep_result(self, action: str, result: Mapping[str, Value]) -> bool:
        """Keep an action's result in the flow; False when it breaks the contract."""
        record = plain(result)
        if not isinstance(record, Mapping) or not self._known(self.bundle.actions, action).fits(record):
            return False
        self.operations += self.bundle.actions[action].changes  # the same wish from here on is a new one
        self.waiting = Waiting.NOTHING
        self.frames[-1] = replace(self.frame, result=record, answered=())
        return True

    def keep(self, record: Mapping[str, Value]) -> None:
        """Keep what was found as the flow's `result`."""
        self.frames[-1] = replace(self.frame, result=record)

    def keep_error(self, error: str) -> None:
        """Keep why an action failed as `result.error`."""
        self.waiting = Waiting.NOTHING
        self.frames[-1] = replace(self.frame, result={"error": error})

    def give_to_agent(self, reason: str) -> Outcome:
        """Start the pattern that ends with an agent."""
        self.set_slot(names.HANDOFF_REASON, reason)
        self.call(names.HUMAN_HANDOFF, Entry.INTERRUPTING)
        return Outcome.MOVED

    def break_down(self, reason: str) -> None:
        """Start the pattern that apologises."""
        self.set_slot(names.HANDOFF_REASON, reason)
        self.frames = self.frames[: MAX_FRAMES - 1]
        self.call(names.INTERNAL_ERROR, Entry.INTERRUPTING)

    def hand_off(self, *, queue: str | None, topic: str | None, reason: str) -> None:
        """End with an agent."""
        topic = topic or self.topic
        own = self.bundle.flows.get(topic) if topic else None
        self._end(
            HandOff(
                topic,
                queue or (own.queue if own else None) or self.bundle.default_queue,
                reason,
                self.notes.asked,
                self.notes.done,
                self.notes.left,
            )
        )

    def hang_up(self, *, contained: bool, reason: str) -> None:
        """End the call."""
        self._end(HangUp(contained, reason))

    def _end(self, final: HandOff | HangUp) -> None:
        self.close_question()
        self.final = final
        self.commands.append(final)
