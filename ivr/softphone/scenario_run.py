"""A scenario played on a real call, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from asr_models.port import Recogniser
from ivr.softphone.agent import AgentPhone
from ivr.softphone.call_events import CallEvent, Happening
from ivr.softphone.caller_voice import EspeakCaller, EspeakVoice
from ivr.softphone.errors import CallOver, ScenarioInvalid, SoftphoneError
from ivr.softphone.line_call import LineCall
from ivr.softphone.phone import SoftPhones
from ivr.softphone.scenario import (
    AgentPart,
    ExpectEnded,
    ExpectNotHeard,
    ExpectTranscript,
    HangUp,
    Press,
    Say,
    Scenario,
    Silence,
    Step,
    WaitAgent,
    WaitPrompt,
    WaitSound,
)
from ivr.softphone.scenario_report import (
    ScenarioReport,
    StoryLine,
    Who,
    in_words,
    recording_path,
    response_gaps,
)
from ivr.softphone.surroundings import CALLER_DBFS, crowd
from ivr.softphone.transcript import HeardSpeech, Transcriber, contains_phrase, shown, transcript_phrases

_AGENT_RING_LIMIT_SECONDS = 120.0

_AGENT_VOICE = EspeakVoice("ru+m3", 150, 40)


class StepFailed(Exception):
    """Something that a scenario demands did not come true."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scenario is played on."""

    phones: SoftPhones
    server: str  # host:port of SIP
    number: str  # of the hotline, when the scenario names none
    recogniser: Recogniser | None = None  # None: no transcript, and its expectations stay unchecked
    sentences: tuple[str, ...] = ()  # texts that Yulia may say
    record_dir: Path | None = None
    agent_password: Callable[[str], str] | None = None
    on_line: Callable[[StoryLine], None] | None = None


async def run_scenario(scenario: Scenario, stage: Stage, *, caller_number: str | None = None) -> ScenarioReport:
    """Play a scenario to its end or to its first failure; the call is hung up and recorded in any case.

    What goes wrong on the call is in the report. Raises only what keeps the call from being tried:

    Raises:
        NobodyListens, StackFailed, ScenarioInvalid
    """
    run = _Run(scenario, stage)
    return await run.play(caller_number or scenario.caller_number)


@dataclass(slots=True)
class _Run:
    scenario: Scenario
    stage: Stage
    began: float = field(default_factory=time.monotonic)
    story: list[StoryLine] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    checked_speech: int = 0
    agent_answered: asyncio.Event = field(default_factory=asyncio.Event)
    agent_failed: asyncio.Event = field(default_factory=asyncio.Event)
    reader: Transcriber | None = None
    reading: asyncio.Task[None] | None = None
    agent_call: LineCall | None = None

    async def play(self, caller_number: str) -> ScenarioReport:
        agent = await self._register_agent()
        try:
            self.began = time.monotonic()
            call = await self.stage.phones.dial(
                self.scenario.number or self.stage.number,
                caller_number=caller_number,
                server=self.stage.server,
                voice=EspeakCaller(self.scenario.voice),
                on_event=lambda event: self._tell_event(Who.CALLER, event),
            )
            async with asyncio.TaskGroup() as tasks:
                agent_task = tasks.create_task(self._agent_part(agent)) if agent is not None else None
                self.reading = tasks.create_task(self._read_along(call))
                try:
                    await self._steps(call)
                finally:
                    await call.hang_up()
                if agent_task is not None and self.agent_call is None:
                    agent_task.cancel()  # never rung
        finally:
            if agent is not None:
                await agent.close()
        return await self._report(call, caller_number)

    # ---- the caller ----

    async def _steps(self, call: LineCall) -> None:
        behind = self.scenario.behind
        try:
            others = await crowd(behind.people, CALLER_DBFS - behind.below_db) if behind is not None else b""
            await call.answered()
            call.surround(others)
        except SoftphoneError as error:
            self._fail(str(error))
            return
        for index, step in enumerate(self.scenario.steps):
            try:
                await self._step(call, step)
            except (SoftphoneError, StepFailed) as error:
                self._fail(f"{self.scenario.where(index)}: {error}")
                return

    async def _step(self, call: LineCall, step: Step) -> None:
        match step:
            case WaitPrompt():
                await call.wait_prompt_end(step.silence_seconds, step.limit_seconds)
            case WaitSound():
                await call.wait_sound(step.limit_seconds)
            case Silence():
                await call.hear_seconds(step.seconds)
            case Say(text=str(text)):
                await call.say(text)
            case Say(wav=Path() as wav):
                beside = self.scenario.file.parent if self.scenario.file is not None else Path()
                await call.say(beside / wav)
            case Press():
                await call.press(step.keys, step.gap_seconds)
            case HangUp():
                await call.hang_up()
            case ExpectEnded():
                by = await call.wait_closed(step.limit_seconds)
                if by.value != step.by:
                    raise StepFailed(f"the call was ended by {by.value}, not by {step.by}")
            case WaitAgent():
                await self._wait_agent(step.limit_seconds)
            case ExpectTranscript() | ExpectNotHeard():
                await self._check_speech(call, step)

    async def _check_speech(self, call: LineCall, step: ExpectTranscript | ExpectNotHeard) -> None:
        if self.reader is None:
            self.unchecked.append(f"{step.step}: {', '.join(step.phrases)}")
            return
        deadline = time.monotonic() + (step.limit_seconds if isinstance(step, ExpectTranscript) else 0.0)
        while True:
            said = " ".join(piece.text for piece in self.reader.speech[self.checked_speech :])
            if isinstance(step, ExpectNotHeard):
                for phrase in step.phrases:
                    if contains_phrase(said, phrase):
                        raise StepFailed(f"«{phrase}» was said: «{shown(said)}»")
                return
            missing = [phrase for phrase in step.phrases if not contains_phrase(said, phrase)]
            if not missing:
                self.checked_speech = len(self.reader.speech)
                return
            if time.monotonic() > deadline or (self.reading is not None and self.reading.done()):
                raise StepFailed(f"not heard: «{'», «'.join(missing)}»; heard: «{shown(said)}»")
            await asyncio.sleep(0.05)

    async def _read_along(self, call: LineCall) -> None:
        if self.stage.recogniser is None:
            return
        phrases = transcript_phrases((*self.stage.sentences, *self.scenario.listen_for))
        self.reader = Transcriber(self.stage.recogniser, phrases, self._tell_speech)
        await self.reader.follow(call)
        if self.reader.failures:
            self._fail(f"{self.reader.failures} pieces of speech could not be read back")

    # ---- the agent ----

    async def _register_agent(self) -> AgentPhone | None:
        part = self.scenario.agent
        if part is None:
            return None
        if self.stage.agent_password is None:
            raise ScenarioInvalid(f"{self.scenario.name} needs the password of {part.user}")
        return await self.stage.phones.agent(
            part.user,
            self.stage.agent_password(part.user),
            self.stage.server,
            answer_after_seconds=part.answer_after_seconds,
            rejects=part.rejects,
            voice=EspeakCaller(_AGENT_VOICE),
            on_event=lambda event: self._tell_event(Who.AGENT, event),
        )

    async def _agent_part(self, phone: AgentPhone) -> None:
        part = self.scenario.agent
        assert part is not None
        try:
            talk = self.agent_call = await phone.next_call(_AGENT_RING_LIMIT_SECONDS)
            self._check_headers(part, talk)
            if part.rejects:
                await talk.wait_closed()
                return
            await talk.answered(part.answer_after_seconds + 10.0)
            self.agent_answered.set()
            with contextlib.suppress(CallOver):  # a caller may hang up first
                if part.says:
                    await talk.say(part.says)
                await talk.hear_seconds(part.talk_seconds)
            if part.hangs_up:
                await talk.hang_up()
            else:
                await talk.wait_closed(_AGENT_RING_LIMIT_SECONDS)
        except SoftphoneError as error:
            self._fail(f"agent: {error}")
            self.agent_failed.set()

    def _check_headers(self, part: AgentPart, talk: LineCall) -> None:
        for header, expression in part.expect_headers.items():
            value = talk.headers.get(header)
            if value is None:
                self._fail(f"agent: the INVITE has no header {header}")
            elif not re.search(expression, value):
                self._fail(f"agent: header {header} is {value!r}, which does not match {expression!r}")
            else:
                self._tell(time.monotonic(), Who.AGENT, f"{header}: {value}")

    async def _wait_agent(self, limit_seconds: float) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (self.agent_answered, self.agent_failed)]
        try:
            await asyncio.wait(waits, timeout=limit_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not self.agent_answered.is_set():
            raise StepFailed(f"no agent answered within {limit_seconds:g} s")

    # ---- the story ----

    def _tell(self, at: float, who: Who, text: str, *, failed: bool = False) -> None:
        line = StoryLine(round(at - self.began, 3), who, text, failed)
        self.story.append(line)
        if self.stage.on_line is not None:
            self.stage.on_line(line)

    def _tell_event(self, who: Who, event: CallEvent) -> None:
        if event.kind is not Happening.SPOKEN:
            self._tell(event.at, who, in_words(event))

    def _tell_speech(self, speech: HeardSpeech) -> None:
        # With an agent on the line it is the agent's voice that is heard.
        self._tell(speech.started_at, Who.YULIA, speech.shown)

    def _fail(self, reason: str) -> None:
        self.failures.append(reason)
        self._tell(time.monotonic(), Who.TEST, reason, failed=True)

    async def _report(self, call: LineCall, caller_number: str) -> ScenarioReport:
        recording: Path | None = None
        if self.stage.record_dir is not None and call.answered_at is not None:
            recording = recording_path(self.stage.record_dir, self.scenario.name)
            await call.save_recording(recording)
        return ScenarioReport(
            name=self.scenario.name,
            description=self.scenario.description,
            caller_number=caller_number,
            failures=tuple(self.failures),
            unchecked=tuple(self.unchecked),
            story=tuple(sorted(self.story, key=lambda line: line.at_seconds)),
            transcript=shown(self.reader.text) if self.reader is not None else None,
            recording=recording,
            answer_seconds=call.answer_seconds,
            first_sound_seconds=call.first_sound_seconds,
            response_gaps_seconds=tuple(response_gaps(call)),
            talk_seconds=(call.over_at or time.monotonic()) - call.answered_at if call.answered_at else 0.0,
            ended_by=call.ended_by.value if call.ended_by else None,
            lateness=call.heard.lateness(),
        )
