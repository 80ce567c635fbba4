"""What a picture of a flow shows: a box per step, an arrow per way on."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dialogs.engine.bundle import Bundle, Flow
from dialogs.engine.expressions import Expression
from dialogs.engine.steps.action import Action
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.clarify import Clarify
from dialogs.engine.steps.collect import Collect, Ladder
from dialogs.engine.steps.handoff import HandOffStep
from dialogs.engine.steps.hang_up import HangUpStep
from dialogs.engine.steps.link import Link
from dialogs.engine.steps.look_up import LookUp
from dialogs.engine.steps.say import SayStep
from dialogs.engine.steps.set_slots import SetSlots
from dialogs.engine.steps.step import END, Step
from dialogs.engine.templates import Template
from dialogs.reader.spoken_length import asked_by

LINE_CHARACTERS = 36
LABEL_CHARACTERS = 24
MAX_LINES = 4
START = "·start"

_SIGNS = {
    "==": "=",
    "!=": "≠",
    "<=": "≤",
    ">=": "≥",
    "and": "и",
    "or": "или",
    "not": "не",
    "in": "из",
    "True": "да",
    "False": "нет",
    "None": "пусто",
}
_SIGN = re.compile(r'"[^"]*"|==|!=|<=|>=|\b(?:and|or|not|in|True|False|None)\b|\b(?:slots|result)\.')


@dataclass(frozen=True, slots=True)
class Box:
    """One thing of the picture."""

    id: str
    kind: str  # of step; "start", "end", "label" for what is none
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from box to box."""

    source: str
    target: str
    label: str = ""
    is_ladder: bool = False  # taken when there was no good answer


@dataclass(frozen=True, slots=True)
class Graph:
    """A flow as a picture shows it."""

    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def graph_of(bundle: Bundle, flow: Flow) -> Graph:
    """Describe the picture of a flow."""
    boxes = [Box(START, "start", "начало", tuple(_wrapped([_starts(flow)], MAX_LINES)))]
    arrows = [Arrow(START, flow.first)]
    for step in flow.steps.values():
        kind, title, texts = _told(bundle, step)
        boxes.append(Box(step.id, kind, f"{title} · {step.id}", tuple(_wrapped(texts, MAX_LINES))))
        for number, (target, label, is_ladder) in enumerate(_ways(step)):
            if target == END:
                target = f"·end {step.id} {number}"
                boxes.append(Box(target, "end", "конец"))
            arrows.append(Arrow(step.id, target, label, is_ladder))
    return Graph(f"{flow.name} · {flow.id}", flow.task or "", tuple(boxes), tuple(arrows))


def spoken_condition(condition: Expression) -> str:
    """Write a condition for people: «active_cards = 1 и не blocked»."""

    def sign(found: re.Match[str]) -> str:
        text = found[0]
        return text.strip('"') if text.startswith('"') else _SIGNS.get(text, "")

    return _SIGN.sub(sign, condition.text)


def _starts(flow: Flow) -> str:
    return "с намерения " + ", ".join(trigger.intent for trigger in flow.triggers) if flow.triggers else ""


def _ways(step: Step) -> Iterator[tuple[str, str, bool]]:
    for branch in step.branches:
        if branch.condition is not None:
            yield branch.target, spoken_condition(branch.condition), False
        else:
            yield branch.target, "иначе" if len(step.branches) > 1 else "", False
    if isinstance(step, Action) and step.failed is not None:
        yield step.failed, "не вышло", True
    if isinstance(step, Collect):
        ends: dict[str, list[str]] = {}
        for asking in asked_by(step):
            for ladder, when in ((asking.no_input, "молчание"), (asking.no_match, "непонятно")):
                if ladder.then is not None and when not in ends.setdefault(ladder.then, []):
                    ends[ladder.then].append(when)
        for target, reasons in ends.items():
            yield target, ", ".join(reasons), True


def _told(bundle: Bundle, step: Step) -> tuple[str, str, list[str]]:
    """Return the kind of a step, its name in Russian and what it is about."""
    match step:
        case SayStep(responses=responses):
            return "say", "Сказать", [_response(bundle, each) for each in responses]
        case Clarify():
            return "clarify", "Переспросить", ["вопросы берутся из confirm сценариев", *_ladders(step)]
        case Collect(asking=asking):
            return "collect", f"Спросить {asking.slot}", [_response(bundle, asking.utter), *_ladders(step)]
        case Action(action=action):
            return "action", "Действие", [action]
        case SetSlots(values=values):
            return "set_slots", "Запомнить", [", ".join(slot for slot, _ in values)]
        case LookUp(table=table, where=where):
            return "look_up", "Таблица", [f"{table}: {', '.join(column for column, _ in where)}"]
        case Call(flow=flow):
            return "call", "Вызвать", [_flow(bundle, flow)]
        case Link(flow=flow):
            return "link", "Перейти", [_flow(bundle, flow)]
        case HandOffStep(queue=queue):
            return "handoff", "Оператор", [bundle.queues[queue] if queue is not None else ""]
        case HangUpStep(contained=contained):
            return "hang_up", "Конец звонка", ["вопрос решён" if contained else "вопрос не решён"]
        case _:
            return "noop", "Развилка", []


def _flow(bundle: Bundle, flow: str) -> str:
    return f"{bundle.flows[flow].name} · {flow}"


def _ladders(step: Collect) -> Iterator[str]:
    for ladder, when in ((step.asking.no_input, "молчание"), (step.asking.no_match, "непонятно")):
        yield f"{when} ×{len(ladder.rungs) + 1} → {_end(ladder)}"


def _end(ladder: Ladder) -> str:
    return "оператор" if ladder.then is None else "конец" if ladder.then == END else ladder.then


def _response(bundle: Bundle, response: str) -> str:
    return f"«{_template(bundle.responses[response].variants[0].text)}»"


def _template(text: Template) -> str:
    return "".join(part if isinstance(part, str) else f"{{{part.path[-1]}}}" for part in text.parts)


def _wrapped(texts: Iterable[str], most: int) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(text, LINE_CHARACTERS, max_lines=most, placeholder=" …")
