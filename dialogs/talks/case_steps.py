"""The kinds of steps of a conversation, and how the value of each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from yaml.nodes import MappingNode, SequenceNode

from dialogs.engine.vocabulary import Value as Plain
from dialogs.reader.problems import meant
from dialogs.reader.source import Value
from dialogs.talks.example_results import RESULTS
from integrations.loyalty.sandbox.in_process import Health

ERRORS = ("unavailable", "timeout", "garbage", "internal")
WAITING, DONE, REFUSED, UNDONE = "waiting", "done", "refused", "undone"
OPERATION_STATES = (WAITING, DONE, REFUSED, UNDONE)

_DURATION = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(written: str) -> timedelta:
    """Read «90s», «5m», «25h» or «2d».

    Raises:
        ValueError
    """
    found = _DURATION.fullmatch(written)
    if found is None:
        raise ValueError("not a duration")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def plain_data(value: Value) -> Plain:
    """Read anything as plain data; what YAML takes for a date stays text."""
    match value.node:
        case MappingNode():
            section = value.section("ключ: значение")
            return {name: plain_data(each) for name, _, each in section.entries()} if section is not None else {}
        case SequenceNode():
            return tuple(plain_data(item) for item in value.items())
        case _:
            return value.scalar()


def _text(value: Value) -> Plain:
    return value.of(str) or ""


def _texts(value: Value) -> Plain:
    return value.texts()


def _something(read: Callable[[Value], Plain]) -> Callable[[Value], Plain]:
    def read_some(value: Value) -> Plain:
        found = read(value)
        if not found:
            value.tell("здесь пусто: такой шаг ничего не проверяет", "Напишите, что должно быть, или уберите шаг")
        return found

    return read_some


def _speech(value: Value) -> Plain:
    said = value.texts()
    if not said:
        value.tell("ничего не сказано", "Напишите, что сказал звонящий; молчание — это silence: true")
    return said


def _flag(value: Value) -> Plain:
    return value.of(bool)


def _happens(value: Value) -> Plain:
    written = value.scalar()
    if written is False or written is None:
        value.tell("здесь нужно true", "Уберите шаг, если этого не происходит")
    return True


def _one_of(*allowed: str) -> Callable[[Value], Plain]:
    def read(value: Value) -> Plain:
        written = value.of(str) or ""
        if written not in allowed:
            value.tell(f"«{written}» здесь не бывает", meant(written, allowed))
        return written

    return read


health = _one_of(*Health)


def _record(value: Value, allowed: Iterable[str] = ()) -> Mapping[str, Plain]:
    section = value.section("{ключ: значение}")
    if section is None:
        return {}
    if allowed:
        section.only(allowed)
    return {name: plain_data(each) for name, _, each in section.entries()}


def _result(value: Value) -> Plain:
    if value.is_section:
        return _record(value)
    name = value.of(str) or ""
    if name not in RESULTS:
        value.tell(f"нет готового ответа «{name}»", meant(name, RESULTS) + ". Или напишите ответ целиком: {outcome: …}")
    return name


def _action(value: Value) -> Plain:
    record = _record(value)
    if "name" not in record:
        value.tell("не сказано, какое действие", "Должно быть так: action: {name: loyalty.find_by_phone, phone: …}")
    return record


def _later(value: Value) -> Plain:
    written = value.of(str) or ""
    if not _DURATION.fullmatch(written):
        value.tell(f"«{written}» — не промежуток времени", "Бывает: 90s, 5m, 25h, 2d")
    return written


def _understood(value: Value) -> Plain:
    record = _record(value)
    for confidence in record.values():
        if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
            value.tell("уверенность — число от 0 до 1", "Должно быть так: understood: {block_card: 0.9}")
            return {}
    return record


def _operations(value: Value) -> Plain:
    return tuple(_operation(item) for item in value.items())


def _operation(item: Value) -> Mapping[str, Plain]:
    record = _record(item, ("kind", "state", "reason", "summary", "call_back"))
    if record.get("state", DONE) not in OPERATION_STATES:
        item.tell(f"«{record['state']}» — не состояние операции", meant(str(record["state"]), OPERATION_STATES))
    return record


STEPS: Mapping[str, Callable[[Value], Plain]] = {
    # what happens
    "user": _speech,  # words, or readings of the recogniser, likeliest first
    "keys": _text,
    "silence": _happens,
    "noise": _happens,
    "understood": _understood,  # of the next phrase: intents with confidence, instead of the classifier's
    "hearing_fails": _happens,
    "resumed": _happens,  # another worker takes over
    "hangs_up": _happens,
    "result": _result,  # of the action that runs
    "fails": _one_of(*ERRORS),
    "loyalty": health,  # from now on
    "later": _later,  # time passes; what waits for the loyalty system is sent
    # what must hold
    "bot": _texts,  # exactly these responses
    "says": _something(_texts),  # these pieces of text among them
    "not_said": _something(_texts),
    "action": _action,
    "asks": _something(_text),
    "by_keys_only": _flag,
    "flow_started": _something(_text),
    "slots": _something(_record),
    "handed_off": lambda value: _record(value, ("topic", "queue", "reason", "asked", "done", "left")),
    "hung_up": lambda value: _record(value, ("contained", "reason")),
    "nothing_more": _happens,
    "operations": _operations,  # of this call, in order
    "cards": _something(_record),  # as the loyalty system has them: last four digits -> fields
}
"""Kinds of steps and how their values are read."""
