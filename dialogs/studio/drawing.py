"""Versions and differences as an admin sees them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Column, Table
from rich.text import Text

from dialogs.studio.difference import Change, Detail, Kind
from dialogs.studio.port import Pointer, Version

SHOWN_HASH = 12
SHOWN_PHRASES = 8
"""Differences of one thing that are shown; phrases may be many."""

SECTION_WORDS = {
    "flows": "сценарий",
    "responses": "реплика",
    "slots": "слот",
    "tables": "таблица",
    "actions": "действие",
    "queues": "очередь",
    "nlu": "фразы",
    "files": "файл",
}
KIND_SIGNS = {Kind.ADDED: ("green", "+"), Kind.REMOVED: ("red", "−"), Kind.CHANGED: ("yellow", "~")}


def versions_table(versions: Iterable[Version], pointer: Pointer) -> Table:
    """Draw the versions, the newest first, with what they do."""
    table = Table(Column("версия", no_wrap=True), Column("когда", no_wrap=True), "кто", "что", "звонки")
    for version in versions:
        when = version.published_at.astimezone()
        table.add_row(
            version.hash[:SHOWN_HASH],
            f"{when:%d.%m.%Y %H:%M}",
            Text(version.author),
            Text(version.message),
            Text(*calls_of(version.hash, pointer)),
        )
    return table


def calls_of(version: str, pointer: Pointer) -> tuple[str, str]:
    """Say which calls a version takes, and in which colour."""
    if version == pointer.canary:
        return f"◐ {pointer.canary_share} % на пробу", "yellow"
    if version == pointer.active:
        return ("● все" if pointer.canary is None else f"● {100 - pointer.canary_share} %"), "bold green"
    return "", ""


def in_force(pointer: Pointer) -> str:
    """Say in a sentence who takes the calls."""
    active = f"версия {pointer.active[:SHOWN_HASH]}" if pointer.active is not None else "папка из настроек"
    if pointer.canary is None:
        return f"Новые звонки принимает {active}"
    canary = f"версия {pointer.canary[:SHOWN_HASH]}"
    return f"{pointer.canary_share} % новых звонков принимает {canary}, остальные — {active}"


def changes_text(changes: Iterable[Change]) -> Iterator[Text]:
    """Tell each change in a few lines."""
    for change in changes:
        colour, sign = KIND_SIGNS[change.kind]
        yield Text.assemble(
            (f"{sign} {SECTION_WORDS.get(change.section, change.section)} ", colour), (change.name, "bold")
        )
        yield from _details(change.details)


def _details(details: tuple[Detail, ...]) -> Iterator[Text]:
    for detail in details[:SHOWN_PHRASES]:
        line = Text("    ")
        if detail.where:
            line.append(f"{detail.where}: ", "cyan")
        if detail.old is not None:
            line.append(detail.old, "red" if detail.new is not None else "red strike")
        if detail.old is not None and detail.new is not None:
            line.append(" → ")
        if detail.new is not None:
            line.append(detail.new if detail.old is not None else f"+ {detail.new}", "green")
        elif detail.old is not None:
            line.append(" — убрано", "red")
        yield line
    if len(details) > SHOWN_PHRASES:
        yield Text(f"    … и ещё {len(details) - SHOWN_PHRASES}", "dim")


def raw_text(lines: Iterable[str]) -> Iterator[Text]:
    """Colour a unified diff."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        bold = line.startswith(("+++", "---"))
        yield Text(line, "bold" if bold else colours.get(line[:1], ""))
