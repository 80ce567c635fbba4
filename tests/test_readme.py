"""What the README says is what the code does."""

from __future__ import annotations

from pathlib import Path

from ivr.settings_table import markdown_table, setting_rows

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- settings -->", "<!-- /settings -->"


def test_the_table_of_settings_is_current() -> None:
    """Mend it by `python -m tests.test_readme`."""
    text = README.read_text(encoding="utf-8")
    assert text[text.index(START) + len(START) : text.index(END)].strip() == markdown_table()


def test_every_setting_says_what_it_is() -> None:
    assert [row.variable for row in setting_rows() if not row.meaning] == []


def write() -> None:
    text = README.read_text(encoding="utf-8")
    start, end = text.index(START) + len(START), text.index(END)
    README.write_text(f"{text[:start]}\n{markdown_table()}\n{text[end:]}", encoding="utf-8")


if __name__ == "__main__":
    write()
