"""Every setting with its variable, default and meaning: for `yulia settings` and the README."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from ivr.settings import Settings


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting."""

    variable: str
    default: str
    meaning: str


def setting_rows() -> Iterator[SettingRow]:
    """Yield all settings in the order of their sections."""
    for section, section_field in Settings.model_fields.items():
        model = section_field.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            default = field.get_default(call_default_factory=True, validated_data={})
            yield SettingRow(
                variable=f"YULIA_{section.upper()}__{name.upper()}",
                default=_shown(default),
                meaning=field.description or "",
            )


def markdown_table() -> str:
    """Return the table as the README carries it."""
    lines = ["| variable | default | what it is |", "| --- | --- | --- |"]
    lines += [f"| `{row.variable}` | {row.default} | {row.meaning} |" for row in setting_rows()]
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
