"""The reference of the flow language says what the code reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dialogs.engine.bundle import SlotKind
from dialogs.reader.domain_keys import ACTION, FIELD, OPTION, OPTIONS_FROM, QUEUE, SLOT, SLOT_KINDS, TABLE, VARIANT
from dialogs.reader.keys import (
    ENTRY,
    EVERY_STEP,
    FLOW,
    HANDOFF,
    HANG_UP,
    LISTEN,
    QUESTION,
    READ_BACK,
    REJECTION,
    REPAIR,
    STEP_KINDS,
    TRIGGER,
    Form,
    Key,
    Keys,
)
from dialogs.reader.schema import schemas

PAGE = Path(__file__).parents[2] / "docs" / "flow-language.md"
SECTIONS: Mapping[str, Keys] = {
    "flow": FLOW,
    "trigger": TRIGGER,
    "every step": EVERY_STEP,
    "question": QUESTION,
    "listen": LISTEN,
    "entry": ENTRY,
    "read back": {**READ_BACK, **REPAIR},
    "rejection": REJECTION,
    "handoff": HANDOFF,
    "hang up": HANG_UP,
    "slot": SLOT,
    "choice": SLOT_KINDS[SlotKind.CHOICE],
    "option": OPTION,
    "options from": OPTIONS_FROM,
    "yes no": SLOT_KINDS[SlotKind.YES_NO],
    "number string": SLOT_KINDS[SlotKind.NUMBER_STRING],
    "table": TABLE,
    "variant": VARIANT,
    "action": ACTION,
    "field": FIELD,
    "queue": QUEUE,
}
KINDS = re.compile(r"(<!-- kinds -->\n).*?(<!-- /kinds -->)", re.DOTALL)
KEYS = re.compile(r"(<!-- keys: ([\w ]+) -->\n).*?(<!-- /keys -->)", re.DOTALL)
TYPES = {
    "string": "текст",
    "integer": "целое число",
    "number": "число",
    "boolean": "true, false",
    "array": "список",
    "object": "пары",
    "null": "пусто",
}


def told(form: Form) -> str:
    if "anyOf" in form:
        return " или ".join(dict.fromkeys(map(told, form["anyOf"])))
    if "enum" in form:
        return ", ".join(f"`{each}`" for each in form["enum"])
    if "const" in form:
        return f"`{str(form['const']).lower()}`"
    if "$ref" in form:
        return {"steps": "шаги", "branches": "шаг или ветки", "target": "шаг или шаги", "ladder": "лестница"}.get(
            form["$ref"].rpartition("/")[2], "пары"
        )
    kind = form["type"]
    return ", ".join(TYPES[each] for each in ([kind] if isinstance(kind, str) else kind))


def table(keys: Mapping[str, Key]) -> str:
    rows = (
        f"| `{name}` | {told(key.form)} | {key.says}{'. **Обязателен**' if key.required else ''} |"
        for name, key in keys.items()
    )
    return "\n".join(["| ключ | что там | зачем |", "| --- | --- | --- |", *rows]) + "\n"


def kinds_table() -> str:
    rows = []
    for kind, keys in STEP_KINDS.items():
        more = [name for name in keys if name != kind and name not in QUESTION]
        asks = ["ключи вопроса"] if set(QUESTION) <= set(keys) else []
        own = ", ".join([*(f"`{name}` — {lower(keys[name].says)}" for name in more), *asks])
        rows.append(f"| `{kind}` | {told(keys[kind].form)} | {keys[kind].says} | {own} |")
    return "\n".join(["| шаг | что там | что делает | ещё ключи |", "| --- | --- | --- | --- |", *rows]) + "\n"


def lower(text: str) -> str:
    return text[0].lower() + text[1:]


def current(text: str) -> str:
    text = KINDS.sub(lambda found: found[1] + kinds_table() + found[2], text)
    return KEYS.sub(lambda found: found[1] + table(SECTIONS[found[2]]) + found[3], text)


def test_the_tables_of_keys_are_current() -> None:
    """Mend it by `python -m tests.dialogs.test_flow_language`."""
    text = PAGE.read_text(encoding="utf-8")
    assert text == current(text)
    assert {found[2] for found in KEYS.finditer(text)} == set(SECTIONS)


def examples() -> Iterator[Any]:
    for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        yield pytest.param(block, id=block.split("\n")[1].strip())


@pytest.mark.parametrize("block", list(examples()))
def test_every_example_is_valid(block: str) -> None:
    whole = yaml.safe_load(block)
    (kind,) = whole
    assert [error.message for error in Draft202012Validator(schemas()[kind]).iter_errors(whole)] == []


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
