"""The flow language's keys, each with what may stand there: for the reader, the schema and the reference.

A form is a fragment of JSON Schema; a mapping of keys is a section that may have these keys and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    says: str  # what it is for, in Russian
    form: Form
    required: bool = False


Keys = Mapping[str, Key]


def one_of(*forms: Form) -> Form:
    """Allow any of several forms."""
    return {"anyOf": list(forms)}


def some(form: Form) -> Form:
    """Allow a list."""
    return {"type": "array", "items": form}


def words(*allowed: str) -> Form:
    """Allow some words only."""
    return {"enum": list(allowed)}


def seconds(least: float = 0) -> Form:
    """Allow a number of seconds above a limit."""
    return {"type": "number", "exclusiveMinimum": least}


def section(keys: Keys) -> dict[str, Any]:
    """Return the form of a section with these keys."""
    form: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"description": key.says, **key.form} for name, key in keys.items()},
        "additionalProperties": False,
    }
    required = [name for name, key in keys.items() if key.required]
    return form | {"required": required} if required else form


TEXT: Form = {"type": "string"}
WHOLE: Form = {"type": "integer"}
FLAG: Form = {"type": "boolean"}
SCALAR: Form = {"type": ["string", "number", "boolean", "null"]}
TEXTS: Form = one_of(TEXT, some(TEXT))
VALUES: Form = {"type": "object", "additionalProperties": SCALAR}


def defined(name: str) -> Form:
    """Refer to a form that the schema defines once."""
    return {"$ref": f"#/$defs/{name}"}


STEPS, BRANCHES, TARGET, LADDER = (defined(name) for name in ("steps", "branches", "target", "ladder"))

BRANCH: Keys = {
    "if": Key("Условие: slots.points > 0", TEXT, required=True),
    "then": Key("Куда идти, когда оно верно: имя шага, END или список шагов", TARGET, required=True),
}
BRANCH_ELSE: Keys = {"else": Key("Куда идти во всех других случаях", TARGET, required=True)}
LADDER_END: Keys = {"next": Key("Шаг, к которому ведёт конец лестницы", TEXT, required=True)}
TRIGGER: Keys = {
    "intent": Key("Намерение из data/nlu", TEXT, required=True),
    "confidence_threshold": Key(
        "С какой уверенности начинать не переспрашивая, обычно 0.6",
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    ),
}
FLOW: Keys = {
    "name": Key("Название по-русски", TEXT),
    "description": Key("Зачем этот сценарий: для людей", TEXT),
    "task": Key("Дело звонящего: оператор увидит его в «просил», «сделано», «осталось»", TEXT),
    "nlu_trigger": Key("С каких намерений сценарий начинается", some(section(TRIGGER))),
    "confirm": Key("Реплика, которой переспросить, нужен ли этот сценарий", TEXT),
    "digression": Key("Можно ли начать его посреди другого дела; обычно true", FLAG),
    "queue": Key("Очередь для тех, кто попросит оператора отсюда", TEXT),
    "persisted_slots": Key("Слоты, которые не забывать, когда сценарий кончится", some(TEXT)),
    "steps": Key("Шаги по порядку", STEPS, required=True),
}

LISTEN: Keys = {
    "barge_in": Key("Можно ли отвечать, не дослушав вопрос; обычно true", FLAG),
    "digressions": Key("Слушать ли другие просьбы вместо ответа; обычно true", FLAG),
    "start_seconds": Key("Сколько ждать начала ответа", seconds()),
    "complete_seconds": Key("Пауза, после которой полный ответ закончен", seconds()),
    "incomplete_seconds": Key("Пауза, после которой закончен неполный ответ", seconds()),
    "max_seconds": Key("Дольше этого ответ не слушают", seconds()),
}
ENTRY: Keys = {
    "max": Key("Сколько клавиш самое большее", WHOLE),
    "end": Key("Клавиша конца, обычно «#»", TEXT),
    "inter_key_seconds": Key("Сколько ждать следующей клавиши", seconds()),
}
REPAIR: Keys = {
    "utter_correct": Key("Что сказать на простое «нет»; обычно utter_correct_number", TEXT),
    "utter_group": Key("Непонятно, в какой группе ошибка; обычно utter_which_group", TEXT),
    "utter_digits": Key("Названа группа, но не цифры; обычно utter_which_digits", TEXT),
}
"""Of the reading back of a number alone."""
READ_BACK: Keys = {
    "ask": Key("Слот yes_no, которым подтверждают", TEXT, required=True),
    "utter": Key("Реплика с {answer.value} или {answer.groups}: «…, верно?»", TEXT),
    "utter_keys": Key("Она же для ответа клавишами", TEXT),
}
REJECTION: Keys = {
    "if": Key("Когда понятый ответ не годится", TEXT, required=True),
    "utter": Key("Что на это сказать", TEXT, required=True),
}
QUESTION: Keys = {
    "utter": Key("Вопрос; обычно utter_ask_СЛОТ", TEXT),
    "utter_keys": Key("Вопрос, когда отвечают клавишами; обычно utter_ask_СЛОТ_keys", TEXT),
    "listen": Key("Сколько ждать и слушать", section(LISTEN)),
    "keys": Key("Как набирают ответ", section(ENTRY)),
    "no_input": Key("Лестница на случай молчания", LADDER),
    "no_match": Key("Лестница на случай непонятного ответа", LADDER),
    "read_back": Key("Повторить ответ вслух и спросить, верно ли", section({**READ_BACK, **REPAIR})),
    "ask_before_filling": Key("Спрашивать, даже если ответ уже известен", FLAG),
    "from_phrase": Key("Взять ответ из фразы, с которой начался сценарий", FLAG),
    "rejections": Key("Понятые ответы, которые не годятся", some(section(REJECTION))),
}

EVERY_STEP: Keys = {
    "id": Key("Имя шага: на него ссылаются next и then", TEXT),
    "next": Key("Что дальше: имя шага, END или ветки if/then/else; без него — следующий по порядку", BRANCHES),
    "done": Key("Текст для оператора: что к этому шагу уже сделано", TEXT),
}
HANDOFF: Keys = {
    "queue": Key("Очередь; обычно та, что у сценария", TEXT),
    "topic": Key("Тема; обычно сценарий, в котором был звонящий", SCALAR),
    "reason": Key("Почему: asked, not_found, …", SCALAR),
    "asked": Key("Что добавить оператору в «просил»", TEXTS),
    "left": Key("Что добавить в «осталось»", TEXTS),
}
HANG_UP: Keys = {
    "contained": Key("Решён ли вопрос; обычно true", FLAG),
    "reason": Key("Чем кончился звонок, обычно completed", TEXT),
}
STEP_KINDS: Mapping[str, Keys] = {
    "say": {
        "say": Key("Сказать реплику (или несколько) и идти дальше", TEXTS, required=True),
        "barge_in": Key("Можно ли перебить; обычно false", FLAG),
        "repeat": Key("Повторять ли по просьбе «повторите»; обычно true", FLAG),
    },
    "collect": {"collect": Key("Спросить слот; заполненный не спрашивается", TEXT, required=True), **QUESTION},
    "clarify": {
        "clarify": Key("Переспросить (слотом yes_no), какой из похожих сценариев нужен", TEXT, required=True),
        **QUESTION,
    },
    "action": {
        "action": Key("Обратиться наружу; ответ — в result", TEXT, required=True),
        "arguments": Key("Что передать", VALUES),
        "waiting": Key("Реплика, если ответа нет дольше секунды", TEXT),
        "failed": Key("Куда идти, если не вышло; обычно извинение и оператор", TARGET),
    },
    "set_slots": {
        "set_slots": Key("Заполнить слоты по порядку; null — забыть", some(VALUES), required=True),
    },
    "look_up": {
        "look_up": Key("Найти строку таблицы; она — в result", TEXT, required=True),
        "where": Key("Колонки и что в них должно стоять", VALUES, required=True),
    },
    "call": {"call": Key("Выполнить другой сценарий и вернуться", TEXT, required=True)},
    "link": {"link": Key("Перейти в другой сценарий насовсем", TEXT, required=True)},
    "noop": {"noop": Key("Ничего не делать: место для веток", {"const": True}, required=True)},
    "handoff": {"handoff": Key("Перевести на оператора", section(HANDOFF), required=True)},
    "hang_up": {"hang_up": Key("Закончить звонок", section(HANG_UP), required=True)},
}
ENDING = ("link", "handoff", "hang_up")
"""Kinds that end the flow: nothing comes after them."""


def step_keys(kind: str) -> Keys:
    """Return the keys that a step of a kind may have."""
    every = {name: key for name, key in EVERY_STEP.items() if name != "next" or kind not in ENDING}
    return {**STEP_KINDS[kind], **every}
