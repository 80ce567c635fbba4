from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from ivr.cli import show_settings
from ivr.settings import Settings
from ivr.settings_table import markdown_table, setting_rows


def test_every_setting_says_what_it_is() -> None:
    assert [row.variable for row in setting_rows() if len(row.meaning) < 10] == []


def leaves(model: BaseModel, prefix: str) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def test_no_setting_is_missing_or_told_twice() -> None:
    variables = [row.variable for row in setting_rows()]
    assert sorted(variables) == sorted(leaves(Settings(), "YULIA_"))


def test_no_meaning_breaks_the_table() -> None:
    assert [row.variable for row in setting_rows() if "\n" in row.meaning or "|" in row.meaning] == []


@pytest.mark.parametrize(
    ("variable", "default"),
    [
        ("YULIA_SESSION__MAX_CALLS", "`60`"),
        ("YULIA_DIALOGUE__CARD_SERIES", "`7789`"),
        ("YULIA_DIALOGUE__FOLDER", "none"),
        ("YULIA_LOYALTY__TOKEN", "none"),
    ],
)
def test_defaults_are_shown_as_one_would_write_them(variable: str, default: str) -> None:
    assert {row.variable: row.default for row in setting_rows()}[variable] == default


def test_a_variable_of_the_table_is_the_one_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YULIA_SESSION__MAX_CALLS", "7")
    assert Settings().session.max_calls == 7


def test_a_secret_in_the_environment_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YULIA_LOYALTY__TOKEN", "very-secret")
    assert "very-secret" not in markdown_table()
    assert "very-secret" not in repr(Settings())


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_settings(markdown=True)
    assert capsys.readouterr().out.strip() == markdown_table()


def test_the_coloured_table_names_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    show_settings(markdown=False)
    printed = capsys.readouterr().out
    assert [name for name in Settings.model_fields if name.upper() not in printed] == []
