"""Texts with placeholders, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.engine.bundle import Slot
from dialogs.engine.templates import Filter, Placeholder, Template
from dialogs.engine.vocabulary import Value as Plain
from dialogs.reader.expressions import Names, read_path
from dialogs.reader.problems import meant
from dialogs.reader.source import Value
from dialogs.spoken_filters import FILTERS, MASKING, USAGE

MAX_CHARACTERS = 400
"""Of one prompt: half a minute of speech, which nobody listens to on the telephone anyway."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def read_template(value: Value, names: Names, slots: Mapping[str, Slot], facts: Mapping[str, Plain]) -> Template | None:
    """Read one text; `settings.` names are put in at once, so that a text without others is static."""
    text = value.of(str)
    if text is None:
        return None
    text = " ".join(text.split())
    if not text:
        value.tell("текст пуст", "Напишите, что сказать, или уберите эту строку")
        return None
    if len(text) > MAX_CHARACTERS:
        value.tell(f"текст длиннее {MAX_CHARACTERS} знаков", "Разбейте его: по телефону длинного не дослушивают")
    parts: list[str | Placeholder] = []
    sensitive = False
    position = 0
    for found in _PLACEHOLDER.finditer(text):
        text_before = text[position : found.start()]
        parts.append(text_before)
        position = found.end()
        placeholder = _placeholder(value, found[1], names)
        if placeholder is None:
            return None
        if placeholder.path[0] == "settings":
            written = placeholder.render({"settings": facts})
            if not written:  # a sentence that is switched off leaves no space behind
                parts[-1] = text_before.rstrip()
            parts.append(written)
            continue
        parts.append(placeholder)
        slot = slots.get(placeholder.path[1]) if placeholder.path[0] == "slots" else None
        masked = any(each.name in MASKING for each in placeholder.filters)
        sensitive |= not masked and (placeholder.path[0] == "answer" or (slot is not None and slot.sensitive))
    parts.append(text[position:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        value.tell("непарная фигурная скобка", "Подстановка пишется так: {slots.points|points}")
        return None
    return Template(_joined(parts), sensitive)


def _placeholder(value: Value, text: str, names: Names) -> Placeholder | None:
    name, *filter_names = text.split("|")
    path = read_path(value, name, names)
    filters: list[Filter] = []
    for written in filter_names:
        filter_name, _, arguments = written.strip().partition(":")
        make = FILTERS.get(filter_name)
        if make is None:
            value.tell(f"неизвестная форма «{filter_name}»", meant(filter_name, FILTERS))
            return None
        try:
            filters.append(Filter(filter_name, make(*(each.strip() for each in arguments.split(",") if arguments))))
        except TypeError:
            value.tell(f"у формы «{filter_name}» не те дополнения", f"Пишите так: {USAGE[filter_name]}")
            return None
    return Placeholder(path, tuple(filters)) if path is not None else None


def _joined(parts: list[str | Placeholder]) -> tuple[str | Placeholder, ...]:
    """Join neighbouring texts."""
    joined: list[str | Placeholder] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)
