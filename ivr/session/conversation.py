"""The dialogue of one call: the engine's commands carried out, what happens told back to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from asr_models.caller_level import CallerLevel
from asr_models.port import Recogniser
from dialogs.actions.port import ActionError, ActionRequest, Actions
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    Ask,
    CallStarted,
    Event,
    HandOff,
    HangUp,
    Heard,
    HearingFailed,
    KeysPressed,
    NothingHeard,
    Prompt,
    Question,
    RunAction,
    Say,
    Turn,
    Understand,
    Understood,
)
from dialogs.nlu.port import UnderstandingError
from ivr.audio.port import CallAudio
from ivr.listening.background import Background
from ivr.listening.listener import Listener
from ivr.listening.second_look import with_second_look
from ivr.listening.settings import ListeningSettings
from ivr.observability.metrics import Metrics
from ivr.session.asking import Answer, ask
from ivr.session.dialogue import Dialogue
from ivr.session.ear import Ear
from ivr.session.journal import CallJournal
from ivr.session.settings import SessionSettings
from ivr.session.utterance import Utterance
from tts.port import PromptSpeech

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConversationParts:
    """What every conversation of a worker shares."""

    speech: PromptSpeech
    recogniser: Recogniser | None  # None: no model, the line works by keys
    actions: Actions
    metrics: Metrics
    settings: SessionSettings
    listening: ListeningSettings


class Conversation:
    """One call's dialogue, from the greeting to a HandOff or HangUp."""

    def __init__(
        self,
        parts: ConversationParts,
        dialogue: Dialogue,
        audio: CallAudio,
        ear: Ear,
        journal: CallJournal,
        on_state: Callable[[DialogueState], None],
    ) -> None:
        self._parts = parts
        self._engine = dialogue.engine
        self._understanding = dialogue.understanding
        self._audio = audio
        self._ear = ear
        self._journal = journal
        self._on_state = on_state
        self._background = Background()
        self._caller_level = CallerLevel()
        self._started = CallStarted(caller_number=None)
        self._state: DialogueState = dialogue.engine.begin()
        self.settled = False  # what was asked for was done, and the caller has heard so
        self._keyed: str | None = None  # the question that was answered by keys last
        self._answered: Answer | None = None  # the caller waits for our reaction to this

    async def run(self, started: CallStarted) -> HandOff | HangUp:
        """Talk until the engine ends the call.

        Raises:
            SpeechError: a prompt could not be spoken.
            HungUp: the line closed.
        """
        self._started = started
        event: Event = started
        while True:
            with self._parts.metrics.engine_step_seconds.time():
                self._state, turn = self._engine.step(self._state, event)
            self._on_state(self._state)
            outcome = await self._carry_out(turn)
            if isinstance(outcome, HandOff | HangUp):
                return outcome
            event = outcome

    async def _carry_out(self, turn: Turn) -> Event | HandOff | HangUp:
        interruptible: tuple[Prompt, ...] = ()  # said as one piece with the question that follows
        for command in turn:
            match command:
                case Say(prompts, barge_in=True):
                    interruptible += prompts
                case Say(prompts):
                    self._ear.keep_keys()
                    await self._say(interruptible + prompts)
                    interruptible = ()
                case Ask():
                    return await self._ask(replace(command, prompts=interruptible + command.prompts))
                case _:
                    if interruptible:
                        await self._say(interruptible)
                    return await self._without_words(command)
        raise AssertionError("the engine's turn asks for nothing and ends nothing")

    async def _without_words(self, command: Understand | RunAction | HandOff | HangUp) -> Event | HandOff | HangUp:
        match command:
            case Understand(text):
                return await self._understand(text)
            case RunAction():
                return await self._run_action(command)
            case _:
                return command

    async def _understand(self, text: str) -> Understood:
        try:
            parsed = await self._understanding.parse(text)
        except UnderstandingError as error:
            log.warning("free phrase not understood", error=type(error).__name__)
            return Understood()
        self._journal.add("system", "understood", f"{parsed.intent} {parsed.confidence:.2f}")
        return parsed.event

    async def _ask(self, command: Ask) -> Event:
        question = command.question
        # What this turn said before the question was heard out by now.
        self.settled = bool(self._state.done) and not self._state.left
        self._answered, answered = None, self._answered
        keyed_before, self._keyed = self._keyed, None
        with self._uttered(command.prompts, answered, question.id) as utterance:
            answer = await ask(
                command,
                self._ear,
                self._ear.take_typed_ahead(),
                lambda prompt: Listener(
                    with_second_look(self._parts.recogniser, question),
                    question,
                    self._parts.listening,
                    prompt,
                    self._background,
                    self._caller_level,
                ),
                utterance,
                # A number typed at a question that takes one key would use up its whole ladder in a moment.
                self._parts.settings.deaf_seconds if keyed_before == question.id else 0.0,
            )
        self._keyed = question.id if isinstance(answer.event, KeysPressed) else None
        self._answered = answer
        self._note_answer(question, answer.event)
        return answer.event

    async def _say(self, prompts: tuple[Prompt, ...]) -> None:
        self._answered, answered = None, self._answered
        with self._uttered(prompts, answered, None) as utterance:
            await utterance.finished()

    async def _run_action(self, command: RunAction) -> Event:
        self._ear.take_typed_ahead()
        loop = asyncio.get_running_loop()
        request = ActionRequest(
            command.action,
            command.arguments,
            self._started.caller_number,
            self._started.call_id,
            command.operation_key,
            command.limit_seconds,
        )
        running = loop.create_task(self._parts.actions.run(request))
        running.add_done_callback(lambda task: task.cancelled() or task.exception())  # it may end with nobody waiting
        over_at = loop.time() + command.limit_seconds
        try:
            await asyncio.wait({running}, timeout=min(command.waiting_after_seconds, command.limit_seconds))
            if command.waiting is not None and not running.done():
                await self._say((command.waiting,))  # to its end: an answer that comes meanwhile is in time
            await asyncio.wait({running}, timeout=max(0.0, over_at - loop.time()))
            if not running.done():
                return self._action_failed(command, "timeout")
            result = running.result()
        except ActionError as error:
            return self._action_failed(command, error.kind)
        finally:
            running.cancel()
        self._journal.add("system", "action", f"{command.action}: {result.get('outcome', 'ok')}")
        self._parts.metrics.actions.labels(command.action, "done").inc()
        return ActionDone(command.action, result)

    def _action_failed(self, command: RunAction, kind: str) -> ActionFailed:
        log.warning("action failed", action=command.action, error=kind)
        self._journal.add("system", "action", f"{command.action}: {kind}")
        self._parts.metrics.actions.labels(command.action, kind).inc()
        return ActionFailed(command.action, kind)

    @contextmanager
    def _uttered(self, prompts: tuple[Prompt, ...], answered: Answer | None, step: str | None) -> Iterator[Utterance]:
        """Speak while the block runs; what was heard by then stays in the journal."""
        noted = [
            self._journal.add("yulia", "prompt", prompt.text, step=step, sensitive=prompt.sensitive)
            for prompt in prompts
        ]
        utterance = self._utter(prompts, answered)
        try:
            yield utterance
        finally:
            utterance.stop()
            for turn, heard in zip(noted, utterance.heard(), strict=True):
                self._journal.heard_of(turn, heard)

    def _utter(self, prompts: tuple[Prompt, ...], answered: Answer | None) -> Utterance:
        def first_sound(at: float) -> None:
            if answered is not None and answered.waiting_since is not None:
                gap = at - answered.waiting_since
                kind = "keys" if isinstance(answered.event, KeysPressed) else "speech"
                self._parts.metrics.response_gap_seconds.labels(kind).observe(gap)
                self._journal.add("system", "response", "", response_gap_seconds=gap)

        return Utterance(
            self._audio,
            self._parts.speech,
            prompts,
            pause_seconds=self._parts.settings.prompt_pause_seconds,
            on_first_sound=first_sound,
        )

    def _note_answer(self, question: Question, event: Event) -> None:
        match event:
            case Heard(text):
                kind = "speech"
            case KeysPressed(text):
                kind = "keys"
            case NothingHeard():
                kind, text = "silence", ""
            case HearingFailed():
                kind, text = "hearing_failed", ""
            case _:
                raise AssertionError(f"not an answer: {event}")
        self._journal.add("caller", kind, text, step=question.id, sensitive=question.sensitive)
        self._parts.metrics.turns.labels(kind).inc()
