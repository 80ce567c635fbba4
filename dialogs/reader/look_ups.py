"""`look_up:` steps: which row of a table is looked for."""

from __future__ import annotations

from dialogs.engine.expressions import Expression
from dialogs.engine.vocabulary import Scalar
from dialogs.reader.domain import Domain
from dialogs.reader.expressions import Names, read_operand
from dialogs.reader.problems import meant
from dialogs.reader.source import Section, Value
from dialogs.reader.tables import KIND_NAMES, SourceTable, kind_of

Where = tuple[tuple[str, Expression | Scalar], ...]
"""Columns and what must stand in them."""


def read_look_up(table: Value, step: Section, domain: Domain, names: Names) -> tuple[str, Where] | None:
    """Read the table's name and `where:`; None when the step is too broken (and told)."""
    name = table.of(str)
    if name is None:
        return None
    source = domain.tables.get(name)
    if source is None:
        table.tell(f"нет таблицы «{name}»", meant(name, domain.tables) + "; таблицы живут в domain/tables")
        return None
    where = step.section("where")
    if where is None:
        if "where" not in step:
            table.tell("не сказано, какую строку искать", "Добавьте where: {колонка: slots.имя}")
        return None
    return name, tuple(_cell(column, key, value, source, names) for column, key, value in where.entries())


def _cell(column: str, key: Value, value: Value, source: SourceTable, names: Names) -> tuple[str, Expression | Scalar]:
    known = source.table.columns.get(column)
    if known is None:
        key.tell(f"в таблице «{source.table.name}» нет колонки «{column}»", meant(column, source.table.columns))
    operand = read_operand(value, names)
    if (
        known is not None
        and operand is not None
        and not isinstance(operand, Expression)
        and kind_of(value) != known.kind
    ):
        value.tell(
            f"в колонке «{column}» — {KIND_NAMES[known.kind]}, такого там нет", "Текст пишите в кавычках, число — без"
        )
    return column, operand
