"""What must hold at a point of a conversation, held against what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dialogs.engine.bundle import Bundle
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import Ask, Command, HandOff, HangUp, RunAction, Value
from dialogs.reader.problems import meant
from dialogs.talks.case_steps import WAITING
from dialogs.talks.sandbox_world import SandboxWorld
from dialogs.talks.text_call import Reaction
from integrations.loyalty.port import Card
from integrations.operations.port import OperationRecord, OperationState

Last = TypeVar("Last", Ask, HandOff, HangUp)


class Unmet(Exception):
    """An expectation that does not hold, or a step that cannot be taken here."""

    def __init__(self, message: str, expected: Value = None, got: Value = None) -> None:
        super().__init__(message)
        self.message = message  # in Russian
        self.expected = expected
        self.got = got


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to look at after an event."""

    bundle: Bundle
    reaction: Reaction
    state: DialogueState
    started: tuple[str, ...]  # flows that the last event started
    world: SandboxWorld | None


async def check(kind: str, value: Value, seen: Seen) -> None:
    """Hold one expectation, as `case_steps.STEPS` reads it, against what there is.

    Raises:
        Unmet
    """
    reaction, last = seen.reaction, seen.reaction.last
    match kind, value:
        case "bot", tuple() as wanted:
            check_known("реплики", wanted, seen.bundle.responses)
            _same("Юля сказала другое", wanted, tuple(prompt.id for prompt in reaction.prompts))
        case "says", tuple() as pieces:
            said = " ".join(prompt.text for prompt in reaction.prompts)
            for piece in pieces:
                _hold(str(piece) in said, "этого Юля не сказала", piece, said)
        case "not_said", tuple() as unwanted:
            _check_not_said(unwanted, seen)
        case "action", Mapping():
            _check_action(value, reaction)
        case "asks", _:
            asked = last.question.id if isinstance(last, Ask) else name_of(last)
            _same("задан другой вопрос", value, asked)
        case "by_keys_only", _:
            question = _last(Ask, last).question
            _same("спрошено не так", value, question.phrases == () and not question.free_speech)
        case "flow_started", str():
            check_known("сценария", (value,), seen.bundle.flows)
            _hold(value in seen.started, "сценарий не начался", value, seen.started)
        case "slots", Mapping():
            _check_slots(value, seen)
        case "handed_off", Mapping():
            _subset("перевод не такой", value, _last(HandOff, last))
        case "hung_up", Mapping():
            _subset("конец звонка не такой", value, _last(HangUp, last))
        case "nothing_more", _:
            _hold(last is None, "после этого ничего не должно быть", None, name_of(last))
        case "operations", tuple() as wanted:
            await _check_operations(wanted, seen)
        case "cards", Mapping():
            await _check_cards(value, seen)
        case _:
            raise Unmet(f"шаг «{kind}» так не проверить", value)


def name_of(command: Command | None) -> str:
    """Name what a reaction ended with, in Russian."""
    match command:
        case None:
            return "ничего"
        case Ask(question=question):
            return f"вопрос {question.id}"
        case RunAction(action=action):
            return f"действие {action}"
        case HandOff(queue=queue, reason=reason):
            return f"перевод на оператора: очередь {queue}, причина {reason}"
        case HangUp(reason=reason):
            return f"конец звонка: {reason}"
        case _:
            return type(command).__name__


def _hold(holds: bool, message: str, expected: Value, got: Value) -> None:
    if not holds:
        raise Unmet(message, expected, got)


def _same(message: str, expected: Value, got: Value) -> None:
    _hold(expected == got and type(expected) is type(got), message, expected, got)


def check_known(what: str, wanted: Iterable[Value], known: Iterable[str]) -> None:
    """Tell of a name that the dialogue does not have; `what` is its kind in the genitive: «нет реплики …».

    Raises:
        Unmet
    """
    names = set(known)
    for name in wanted:
        if name not in names:
            raise Unmet(f"нет {what} «{name}». {meant(str(name), names)}")


def _last(kind: type[Last], last: Command | None) -> Last:
    kinds: Mapping[type, str] = {Ask: "вопрос", HandOff: "перевод на оператора", HangUp: "конец звонка"}
    if not isinstance(last, kind):
        raise Unmet("дошло не до того", kinds[kind], name_of(last))
    return last


def _subset(message: str, expected: Mapping[str, Value], command: HandOff | HangUp) -> None:
    got = {name: getattr(command, name) for name in expected}
    _same(message, dict(expected), got)


def _check_not_said(unwanted: tuple[Value, ...], seen: Seen) -> None:
    said = seen.reaction.prompts
    check_known("реплики", (name for name in unwanted if str(name).startswith("utter_")), seen.bundle.responses)
    for each in unwanted:
        found = [prompt.text for prompt in said if each == prompt.id or str(each) in prompt.text]
        _hold(not found, "этого Юля не должна была говорить", each, tuple(found))


def _check_action(expected: Mapping[str, Value], reaction: Reaction) -> None:
    ran = tuple({"name": command.action, **command.arguments} for command in reaction.actions)
    got: Value = ran[0] if len(ran) == 1 else ran
    _hold(dict(expected) in ran, "действие не такое" if ran else "никакого действия не было", dict(expected), got)


def _check_slots(expected: Mapping[str, Value], seen: Seen) -> None:
    check_known("слота", expected, seen.bundle.slots)
    filled = seen.state.slots
    initial = {name: slot.initial for name, slot in seen.bundle.slots.items()}
    got = {name: filled[name].value if name in filled else initial[name] for name in expected}
    _same("в слотах другое", dict(expected), got)


async def _check_operations(expected: tuple[Value, ...], seen: Seen) -> None:
    got = [_operation(record) for record in await _world(seen).operations()]
    shown = tuple(
        {name: each[name] for name in wanted} if isinstance(wanted, Mapping) else each
        for each, wanted in zip(got, expected, strict=False)
    ) + tuple(got[len(expected) :])
    _same("операции не такие", expected, shown)


def _operation(record: OperationRecord) -> Mapping[str, Value]:
    is_waiting = record.state in (OperationState.ACCEPTED, OperationState.SENT)
    return {
        "kind": record.kind,
        "state": WAITING if is_waiting else record.state.value,
        "reason": record.reason,
        "summary": record.summary,
        "call_back": record.state is OperationState.REFUSED and record.told_at is None,
    }


async def _check_cards(expected: Mapping[str, Value], seen: Seen) -> None:
    got: dict[str, Value] = {}
    for ending, wanted in expected.items():
        try:
            card = await _world(seen).card(ending)
        except ValueError:
            raise Unmet(f"на {ending} кончаются несколько карт; напишите больше цифр") from None
        names = wanted if isinstance(wanted, Mapping) else ()
        got[ending] = None if card is None else {name: _field(card, name) for name in names}
    _same("карты в системе лояльности не такие", dict(expected), got)


def _field(card: Card, name: str) -> Value:
    fields: Mapping[str, Value] = {
        "state": card.state.value,
        "points": card.points,
        "points_pending": card.points_pending,
        "points_expiring": card.points_expiring,
        "expires_on": card.expires_on.isoformat() if card.expires_on is not None else None,
    }
    if name not in fields:
        raise Unmet(f"у карты нет «{name}». {meant(name, fields)}")
    return fields[name]


def _world(seen: Seen) -> SandboxWorld:
    if seen.world is None:
        raise Unmet("система лояльности в этом разговоре не участвует; добавьте к нему loyalty: up")
    return seen.world
