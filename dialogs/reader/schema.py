"""JSON Schema of the files of a dialogue, made of the keys that the reader knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.engine.bundle import SlotKind
from dialogs.reader.domain_keys import ACTION, FIELD, QUEUE, SLOT, SLOT_KINDS, TABLE, VARIANT
from dialogs.reader.keys import (
    BRANCH,
    BRANCH_ELSE,
    FLOW,
    LADDER_END,
    QUESTION,
    STEP_KINDS,
    STEPS,
    TEXT,
    Form,
    Key,
    Keys,
    one_of,
    section,
    some,
    step_keys,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schemas() -> Mapping[str, Schema]:
    """Return a schema for every kind of file, by the file's top-level key."""
    fields = {"fields": _by_name(section(FIELD))}
    return {
        "flows": _file("flows", "Сценарии", _by_name(section(FLOW)), _steps() | _ladder()),
        "slots": _file("slots", "Слоты", _by_name(one_of(*map(_slot, SlotKind))), _question()),
        "responses": _file("responses", "Реплики", _by_name(some(section(VARIANT)))),
        "actions": _file("actions", "Действия", _by_name(section(ACTION)), fields),
        "queues": _file("queues", "Очереди операторов", _by_name(section(QUEUE))),
        "table": _file("table", "Таблица", section(TABLE)),
    }


def _file(key: str, title: str, form: Form, definitions: Schema | None = None) -> Schema:
    schema: Schema = {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "properties": {key: form, "version": TEXT},
        "required": [key],
        "additionalProperties": False,
    }
    return schema | {"$defs": definitions} if definitions else schema


def _by_name(form: Form) -> Schema:
    return {"type": "object", "additionalProperties": form}


def _steps() -> Schema:
    """Return the definitions that steps are made of; each kind of step is a section of its own."""
    kinds: Mapping[str, Keys] = {kind: step_keys(kind) for kind in STEP_KINDS}
    return {
        "steps": {"type": "array", "minItems": 1, "items": one_of(*map(section, kinds.values()))},
        "target": one_of(TEXT, STEPS),
        "branches": one_of(TEXT, some(one_of(section(BRANCH), section(BRANCH_ELSE)))),
    }


def _ladder() -> Schema:
    """Return the definitions that questions need; in a slot, a step is named and not written out."""
    return {"ladder": some(one_of(TEXT, section(LADDER_END)))}


def _question() -> Schema:
    return {"question": section(QUESTION)} | _ladder()


def _slot(kind: SlotKind) -> Schema:
    own_type = Key(SLOT["type"].says, {"const": kind.value}, required=True)
    return section({**SLOT, "type": own_type, **SLOT_KINDS[kind]})
