"""The keys of what flows refer to: slots, responses, actions, queues, tables. See `dialogs.reader.keys`."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.engine.bundle import SlotKind
from dialogs.grammar.checks import Check
from dialogs.reader.keys import (
    FLAG,
    SCALAR,
    TEXT,
    TEXTS,
    WHOLE,
    Key,
    Keys,
    defined,
    one_of,
    section,
    some,
    words,
)

FACT = {"type": "string", "pattern": r"^settings\."}
OPTION_KEY = {"type": "string", "pattern": "^[1-9]{1,12}$"}

OPTION: Keys = {
    "key": Key("Клавиша от 1 до 9 или несколько, в кавычках", OPTION_KEY),
    "phrases": Key("Как это говорят: строчными буквами", TEXTS, required=True),
}
OPTIONS_FROM: Keys = {
    "table": Key("Таблица: имя файла из domain/tables", TEXT, required=True),
    "column": Key("Колонка, значения которой — варианты", TEXT, required=True),
    "phrases": Key("Колонка с фразами через точку с запятой; без неё вариант зовут его значением", TEXT),
    "keys": Key("Колонка с клавишами", TEXT),
}
SLOT: Keys = {
    "type": Key("Что это за значение", words(*SlotKind), required=True),
    "description": Key("Зачем этот слот: для людей", TEXT),
    "sensitive": Key("Скрывать в журналах и не записывать", FLAG),
    "initial_value": Key("Значение в начале звонка", SCALAR),
    "collect": Key("Как об этом спрашивать: ключи вопроса", defined("question")),
}
SLOT_KINDS: Mapping[SlotKind, Keys] = {
    SlotKind.CHOICE: {
        "options": Key("Варианты ответа", {"type": "object", "additionalProperties": section(OPTION)}),
        "options_from": Key("Варианты из таблицы", section(OPTIONS_FROM)),
    },
    SlotKind.YES_NO: {
        "yes": Key("Что ещё значит «да»", TEXTS),
        "no": Key("Что ещё значит «нет»", TEXTS),
    },
    SlotKind.NUMBER_STRING: {
        "length": Key("Сколько цифр: [16]; можно несколько длин", one_of(FACT, WHOLE, some(WHOLE)), required=True),
        "prefixes": Key("С чего номер начинается", one_of(TEXT, some(TEXT))),
        "check": Key("Правило проверки", words(*Check)),
        "groups": Key("Какими группами читать: [4, 4, 4, 4]", some({"type": "integer", "minimum": 1, "maximum": 5})),
    },
    SlotKind.TEXT: {},
    SlotKind.NUMBER: {},
    SlotKind.FLAG: {},
    SlotKind.LIST: {},
}
FIELD: Keys = {
    "type": Key("Что это за значение", words(*SlotKind), required=True),
    "description": Key("Что это: для людей", TEXT),
    "values": Key("Какие значения бывают у выбора", some(TEXT)),
    "optional": Key("Может быть пустым", FLAG),
    "items": Key("Поля каждой записи списка", defined("fields")),
}
ACTION: Keys = {
    "description": Key("Что делает: для людей", TEXT),
    "arguments": Key("Что надо передать, и тип каждого", {"type": "object", "additionalProperties": words(*SlotKind)}),
    "limit_seconds": Key("Сколько ждать ответа, обычно 5", {"type": "number", "exclusiveMinimum": 0, "maximum": 30}),
    "changes": Key("Меняет ли что-то снаружи: тогда действие записывается и выполняется ровно один раз", FLAG),
    "result": Key("Что придёт в result", defined("fields")),
}
QUEUE: Keys = {"name": Key("Название очереди", TEXT)}
VARIANT: Keys = {
    "text": Key("Что сказать; {slots.имя|форма} — подстановка", TEXT, required=True),
    "recorded": Key("Имя записи, которая звучит вместо синтеза", TEXT),
}
COLUMN_KINDS = (SlotKind.TEXT, SlotKind.NUMBER, SlotKind.FLAG, SlotKind.LIST)
_CELL = one_of(SCALAR, some(TEXT))
TABLE: Keys = {
    "description": Key("Что в таблице: для людей", TEXT),
    "columns": Key(
        "Колонки и тип каждой; без них — как в строках",
        {"type": "object", "additionalProperties": words(*COLUMN_KINDS)},
    ),
    "rows": Key("Строки; колонки у всех одни", some({"type": "object", "additionalProperties": _CELL}), required=True),
}
