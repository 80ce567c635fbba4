"""Plays one conversation against a dialogue and tells where it went otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.run import ENTERED
from dialogs.engine.state import StateUnreadable
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    CallStarted,
    Event,
    Heard,
    HearingFailed,
    HungUp,
    Intent,
    KeysPressed,
    NothingHeard,
    Resumed,
    RunAction,
    Understood,
    Value,
)
from dialogs.reader.problems import Place
from dialogs.talks.case_file import Case, CaseStep
from dialogs.talks.case_steps import duration
from dialogs.talks.example_results import RESULTS
from dialogs.talks.expectations import Seen, Unmet, check, check_known, name_of
from dialogs.talks.sandbox_world import CALL_ID, SandboxWorld, SandboxWorlds
from dialogs.talks.text_call import BadTurn, Reaction, TextCall, Understands
from dialogs.talks.understanding import CannotLearn
from integrations.loyalty.sandbox.in_process import Health

UNKNOWN = "[unk]"
MOST_LINES = 6
"""How much of the conversation before a failure is told."""

Passed = tuple[str, str, str]
"""A way through a flow: (flow, step, way), see `dialogs.engine.run.OnPassed`."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a conversation failed."""

    place: Place  # of the step
    step: str
    message: str  # in Russian
    expected: Value = None
    got: Value = None
    talk: tuple[str, ...] = ()  # what was said before it


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a conversation went."""

    case: Case
    failure: Failure | None
    passed: frozenset[Passed]


async def play(
    case: Case, bundle: Bundle, understand: Understands, worlds: SandboxWorlds, engine_type: type[Engine] = Engine
) -> CaseResult:
    """Play a conversation to its end or its first failure."""
    async with AsyncExitStack() as stack:
        world = None
        if case.loyalty is not None:
            world = await stack.enter_async_context(worlds.world(case.caller, case.now, case.loyalty))
        player = _Player(case, bundle, understand, world, engine_type)
        failure = await player.play()
    return CaseResult(case, failure, frozenset(player.passed))


@dataclass
class _Player:
    case: Case
    bundle: Bundle
    understand_by_classifier: Understands
    world: SandboxWorld | None
    engine_type: type[Engine] = Engine
    passed: set[Passed] = field(default_factory=set)
    started: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    talk: list[str] = field(default_factory=list)
    forced: Understood | None = None
    reaction: Reaction = field(default_factory=Reaction)

    def __post_init__(self) -> None:
        engine = self.engine_type(self.bundle, lambda error, event: self.faults.append(error), self._on_passed)
        self.call = TextCall(engine, self._understand, self.world)

    async def play(self) -> Failure | None:
        begin = CaseStep("начало звонка", None, self.case.place)
        event = CallStarted(self.case.caller, CALL_ID, self.case.facts)
        failure = await self._try(begin, event)
        for step in self.case.steps:
            if failure is not None:
                return failure
            failure = await self._try(step)
        if failure is None and self.forced is not None:
            return self._failure(self.case.steps[-1], Unmet(UNUSED))
        return failure

    async def _try(self, step: CaseStep, event: Event | None = None) -> Failure | None:
        try:
            if event is None:
                await self._take(step)
            else:
                check_known("слота", self.case.facts, self.bundle.slots)
                await self._tell(event)
        except Unmet as unmet:
            return self._failure(step, unmet)
        except CannotLearn as error:
            return self._failure(step, Unmet(str(error)))
        except (BadTurn, StateUnreadable) as error:
            return self._failure(step, Unmet(f"сбой движка: {error}"))
        if self.faults:
            fault = self.faults[0]
            return self._failure(step, Unmet(f"сбой внутри сценария: {type(fault).__name__}: {fault}"))
        return None

    def _failure(self, step: CaseStep, unmet: Unmet) -> Failure:
        return Failure(step.place, step.kind, unmet.message, unmet.expected, unmet.got, tuple(self.talk[-MOST_LINES:]))

    async def _take(self, step: CaseStep) -> None:
        match step.kind, step.value:
            case "understood", Mapping() as intents:
                self.forced = _understood(intents)
            case "loyalty", str(health):
                await self._world("loyalty").fall_ill(Health(health))
            case "later", str(written):
                await self._world("later").pass_time(duration(written))
            case kind, value:
                event = self._event(kind, value)
                if event is not None:
                    await self._tell(event)
                else:
                    seen = Seen(self.bundle, self.reaction, self.call.state, tuple(self.started), self.world)
                    await check(kind, value, seen)

    def _event(self, kind: str, value: Value) -> Event | None:
        match kind, value:
            case "user", (said, *alternatives):
                return Heard(str(said), alternatives=tuple(map(str, alternatives)))
            case "keys", str(keys):
                return KeysPressed(keys)
            case "silence", _:
                return NothingHeard()
            case "noise", _:
                return Heard(UNKNOWN)
            case "hearing_fails", _:
                return HearingFailed()
            case "resumed", _:
                return Resumed()
            case "hangs_up", _:
                return HungUp()
            case "result", Mapping() as result:
                return ActionDone(self._running(), result)
            case "result", str(name):
                return ActionDone(self._running(), RESULTS[name])
            case "fails", str(error):
                return ActionFailed(self._running(), error)
            case _:
                return None

    async def _tell(self, event: Event) -> None:
        if self.forced is not None and not isinstance(event, Heard):
            raise Unmet(UNUSED)
        self.started.clear()
        self.talk += _told(event)
        self.reaction = await self.call.tell(event)
        self.talk += [name_of(command) for command in self.reaction.actions]
        self.talk += [f"Юля: {prompt.text}" for prompt in self.reaction.prompts]
        if self.forced is not None and isinstance(event, Heard):
            raise Unmet(UNUSED)

    def _running(self) -> str:
        last = self.reaction.last
        if self.world is not None:
            raise Unmet("действия здесь выполняются сами (loyalty), ответ им не дают")
        if not isinstance(last, RunAction):
            raise Unmet("ответ дан, а никакое действие не выполняется", "действие", name_of(last))
        return last.action

    def _world(self, kind: str) -> SandboxWorld:
        if self.world is None:
            raise Unmet(f"для шага {kind} у разговора должен быть ключ loyalty: up")
        return self.world

    async def _understand(self, text: str) -> Understood:
        if self.forced is not None:
            forced, self.forced = self.forced, None
            return forced
        return await self.understand_by_classifier(text)

    def _on_passed(self, flow: str, step: str, way: str) -> None:
        self.passed.add((flow, step, way))
        if way == ENTERED and step == self.bundle.flows[flow].first:
            self.started.append(flow)


UNUSED = "understood дано, а понимать было нечего: ответ понятен и без того"


def _understood(intents: Mapping[str, Value]) -> Understood:
    found = [Intent(name, float(each)) for name, each in intents.items() if isinstance(each, int | float)]
    return Understood(tuple(sorted(found, key=lambda intent: -intent.confidence)))


def _told(event: Event) -> list[str]:
    match event:
        case Heard(text):
            return [f"звонящий: «{text}»"]
        case KeysPressed(keys):
            return [f"звонящий: клавиши {keys or '#'}"]
        case NothingHeard():
            return ["звонящий молчит"]
        case HearingFailed():
            return ["распознавание отказало"]
        case HungUp():
            return ["звонящий кладёт трубку"]
        case Resumed():
            return ["звонок принял другой процесс"]
        case ActionDone(action, result):
            return [f"ответ {action}: {result.get('outcome', '?')}"]
        case ActionFailed(action, error):
            return [f"сбой {action}: {error}"]
        case _:
            return []
