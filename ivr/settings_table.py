"""Every setting with its variable, default and meaning: for `yulia settings` and the README."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from ivr.settings import Settings

UNITS = {
    "_seconds": "s",
    "_minutes": "min",
    "_hours": "h",
    "_days": "days",
    "_megabytes": "MB",
    "_bytes": "bytes",
    "_dbfs": "dBFS",
    "_db": "dB",
    "_wpm": "words/min",
}
"""Endings of names -> units."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting."""

    variable: str
    default: str
    unit: str  # "" where there is none
    meaning: str


def setting_rows() -> Iterator[SettingRow]:
    """Yield all settings in the order of their sections."""
    yield from _rows(Settings, "YULIA_")


def _rows(model: type[BaseModel], prefix: str) -> Iterator[SettingRow]:
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{variable}__")
            continue
        yield SettingRow(
            variable=variable,
            default=_shown(field.get_default(call_default_factory=True, validated_data={})),
            unit=next((unit for ending, unit in UNITS.items() if name.endswith(ending)), ""),
            meaning=field.description or "",
        )


def markdown_table() -> str:
    """Return the table as the README carries it."""
    lines = ["| variable | default | unit | what it is |", "| --- | --- | --- | --- |"]
    lines += [f"| `{row.variable}` | {row.default} | {row.unit} | {row.meaning} |" for row in setting_rows()]
    return "\n".join(lines)


def _shown(default: object) -> str:
    match default:
        case None | SecretStr():
            return "none"
        case _ if default is PydanticUndefined:
            return "required"
        case tuple() | list() | frozenset():
            return ", ".join(f"`{item}`" for item in default) or "none"
        case _:
            return f"`{default}`"
