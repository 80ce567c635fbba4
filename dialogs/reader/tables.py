"""Tables: rows of plain values that flows look up and choices take their options from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dialogs.engine.bundle import Field, SlotKind, Table
from dialogs.engine.vocabulary import Scalar
from dialogs.reader.domain_keys import COLUMN_KINDS, OPTIONS_FROM, TABLE
from dialogs.reader.problems import Place, meant
from dialogs.reader.source import Section, SourceFiles, Value

FOLDER = "domain/tables"
MAX_ROWS = 2000
MAX_OPTIONS = 200
"""Of one question: a longer phrase list is heard badly, and nobody remembers what there is to say."""

OUTCOMES = ("found", "not_found", "several")
OUTCOME = "outcome"
_RESERVED = (OUTCOME, "error")


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table with the places of its cells."""

    table: Table
    rows: tuple[Mapping[str, Value], ...]

    def result(self) -> dict[str, Field]:
        """Return what looking a row up gives."""
        return {OUTCOME: Field(SlotKind.CHOICE, OUTCOMES)} | dict(self.table.columns)


@dataclass(frozen=True, slots=True)
class ListedOption:
    """One answer that a table lists."""

    value: str
    place: Value
    phrases: tuple[tuple[str, Place], ...]
    key: Value | None


def read_tables(files: SourceFiles) -> dict[str, SourceTable]:
    """Read `domain/tables/*.yml`, each a table named for its file."""
    tables: dict[str, SourceTable] = {}
    for path in sorted((files.folder / FOLDER).glob("*.yml")):
        section = files.section(path, "table")
        table = _table(path, section) if section is not None else None
        if table is not None:
            tables[table.table.name] = table
    return tables


def listed_options(section: Section, tables: Mapping[str, SourceTable]) -> Iterator[ListedOption]:
    """Read `options_from:`: each value of a column once, with the phrases of all its rows."""
    section.only(OPTIONS_FROM)
    named = section.value("table")
    if named is None:
        section.tell("не сказано, из какой таблицы варианты", "Добавьте table: имя файла из domain/tables без .yml")
        return
    source = tables.get(named.of(str) or "")
    if source is None:
        named.tell(f"нет таблицы «{named.node.value}»", meant(str(named.node.value), tables))
        return
    column, phrases, keys = (_column(section, key, source) for key in ("column", "phrases", "keys"))
    if column is None:
        if "column" not in section:
            section.tell(
                "не сказано, из какой колонки варианты", f"Добавьте column: колонка. {meant('', source.table.columns)}"
            )
        return
    grouped: dict[str, list[Mapping[str, Value]]] = {}
    for row in source.rows:
        cell = row[column].scalar()
        if isinstance(cell, str):
            grouped.setdefault(cell, []).append(row)
        else:
            row[column].tell("вариантом может быть только текст", "Возьмите значение в кавычки")
    if len(grouped) > MAX_OPTIONS:
        section.tell(
            f"вариантов {len(grouped)}, а больше {MAX_OPTIONS} на слух не различить",
            "Спросите сначала о части: о городе",
        )
    for value, rows in grouped.items():
        said: dict[str, Place] = {}
        for phrase, place in (each for row in rows if phrases is not None for each in _phrases(row[phrases])):
            said.setdefault(phrase, place)
        said = said or {value.lower(): rows[0][column].place}
        pressed = [row[keys] for row in rows if keys is not None and row[keys].scalar() is not None]
        for other in pressed[1:]:
            if other.scalar() != pressed[0].scalar():
                other.tell(
                    f"у «{value}» две разные клавиши", f"В строке {pressed[0].place.line} — другая: оставьте одну"
                )
        yield ListedOption(value, rows[0][column], tuple(said.items()), pressed[0] if pressed else None)


def _column(section: Section, key: str, source: SourceTable) -> str | None:
    value = section.value(key)
    name = value.of(str) if value is not None else None
    if value is not None and name is not None and name not in source.table.columns:
        value.tell(f"в таблице «{source.table.name}» нет колонки «{name}»", meant(name, source.table.columns))
        return None
    return name


def _phrases(cell: Value) -> Iterator[tuple[str, Place]]:
    for item in cell.items() if cell.is_list else (cell,):
        text = item.scalar()
        for phrase in text.split(";") if isinstance(text, str) else ():
            if phrase.strip():
                yield phrase.strip().lower(), item.place


def _table(path: Path, section: Section) -> SourceTable | None:
    section.only(TABLE)
    listed = section.value("rows")
    if not path.stem.isidentifier():
        section.tell(f"имя таблицы «{path.stem}» не годится", "Латинские буквы, цифры и подчёркивания: store_hours.yml")
        return None
    if listed is None:
        section.tell("в таблице нет строк (rows)", "Добавьте rows: и под ним строки, каждую с дефиса: - {город: …}")
        return None
    rows = [row for item in listed.items() if (row := item.section("- колонка: значение")) is not None]
    if not rows:
        listed.tell("в таблице нет ни одной строки", "Добавьте хотя бы одну: - {city: Тула, closes: 22}")
        return None
    if len(rows) > MAX_ROWS:
        listed.tell(f"в таблице больше {MAX_ROWS} строк", "Такое место — во внешней системе (action), а не в YAML")
        return None
    declared = section.section("columns")
    names = declared.keys if declared is not None else rows[0].keys
    whole = [row for row in rows if _has_columns(row, names)]
    columns = {name: _field(name, declared, whole) for name in names}
    _names_fit(declared or rows[0], names)
    plain = tuple({name: _plain(value) for name, _, value in row.entries()} for row in whole)
    cells = tuple({name: value for name, _, value in row.entries()} for row in whole)
    return SourceTable(Table(path.stem, columns, plain), cells)


def _names_fit(section: Section, names: tuple[str, ...]) -> None:
    for name in names:
        if name in _RESERVED or not name.isidentifier():
            section.key(name).tell(f"имя колонки «{name}» не годится", "Дайте другое имя латинскими буквами: city")


def _has_columns(row: Section, names: tuple[str, ...]) -> bool:
    row.only(names)
    for name in names:
        if name not in row:
            row.tell(f"в строке нет колонки «{name}»", f"Добавьте {name}: значение; пустая клетка — {name}: null")
    return set(row.keys) == set(names)


def _field(name: str, declared: Section | None, rows: list[Section]) -> Field:
    """Return what a column holds: as declared, else as its first filled cell; tell of cells that hold another thing."""
    kind = _declared(declared.value(name)) if declared is not None else None
    optional = False
    for row in rows:
        cell = row.value(name)
        assert cell is not None  # only whole rows come here
        found = kind_of(cell)
        if found is None:
            optional = True
        elif kind is None:
            kind = found
        elif found is not kind:
            cell.tell(
                f"в колонке «{name}» должно быть {KIND_NAMES[kind]}, а здесь {KIND_NAMES[found]}",
                "Исправьте значение; текст из одних цифр берите в кавычки",
            )
    return Field(kind or SlotKind.TEXT, optional=optional)


def _declared(value: Value | None) -> SlotKind | None:
    written = value.of(str) if value is not None else None
    known = [kind.value for kind in COLUMN_KINDS]
    if value is None or written is None:
        return None
    if written not in known:
        value.tell(f"неизвестный тип колонки «{written}»", meant(written, known))
        return None
    return SlotKind(written)


KIND_NAMES = {
    SlotKind.TEXT: "текст",
    SlotKind.NUMBER: "число",
    SlotKind.FLAG: "да/нет (true, false)",
    SlotKind.LIST: "список текстов",
}


def kind_of(cell: Value) -> SlotKind | None:
    """Return the kind of a cell; None when it is empty (or broken, and told)."""
    if cell.is_list:
        return SlotKind.LIST
    match cell.scalar():
        case bool():
            return SlotKind.FLAG
        case int() | float():
            return SlotKind.NUMBER
        case str():
            return SlotKind.TEXT
        case None:
            return None


def _plain(cell: Value) -> Scalar | tuple[Scalar, ...]:
    return cell.texts() if cell.is_list else cell.scalar()
