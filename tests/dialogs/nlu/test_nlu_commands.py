"""`yulia nlu parse|test` at the keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialogs.nlu.commands import app
from dialogs.nlu.settings import UnderstandingSettings
from tests.dialogs.nlu.conftest import PHRASES

NOWHERE = UnderstandingSettings(rasa_url="http://127.0.0.1:1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, texts in (("data", PHRASES), ("tests/nlu", {"block_card": ["карту украли"], "balance": ["баланс мой"]})):
        (tmp_path / name).mkdir(parents=True)
        blocks = [
            f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {text}\n" for text in phrases)
            for intent, phrases in texts.items()
        ]
        (tmp_path / name / "phrases.yml").write_text('version: "3.1"\nnlu:\n' + "".join(blocks))
    return tmp_path


def run(*arguments: str | Path, said: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*map(str, arguments)], input=said, obj=lambda: NOWHERE)
    return result.exit_code, result.stdout, result.stderr


def test_each_line_of_input_becomes_one_json_object(folder: Path) -> None:
    code, out, _ = run("parse", "--json", "--folder", folder, said="украли карту\n\nвызовите такси\n")
    first, second = map(json.loads, out.splitlines())
    assert code == 0
    assert (first["text"], first["intent"], first["entities"]) == ("украли карту", "block_card", [])
    assert 0 < first["confidence"] <= 1
    assert second["intent"] is None


def test_one_phrase_is_told_in_words(folder: Path) -> None:
    code, out, _ = run("parse", "--folder", folder, "вызовите такси")
    assert code == 0
    assert "не наше или неясно" in out


def test_a_rasa_that_is_down_is_told_with_the_way_to_start_it(folder: Path) -> None:
    code, _, told = run("parse", "--engine", "rasa", "--folder", folder, "баланс")
    assert code == 1
    assert "make rasa" in told


def test_faulty_phrases_are_told_with_their_place(folder: Path) -> None:
    broken = folder / "data" / "broken.yml"
    broken.write_text("nlu:\n  - intent: x\n    examples: |\n      нет дефиса\n")
    code, _, told = run("parse", "--folder", folder, "баланс")
    assert code == 1
    assert f"{broken}:4" in told


def test_the_report_goes_on_without_rasa(folder: Path) -> None:
    code, out, told = run("test", "--folder", folder, "--no-folds")
    assert code == 0
    assert "1 из 1" in out
    assert "rasa не отвечает" in told


def test_five_fold_stands_beside_the_test_set(folder: Path) -> None:
    code, out, _ = run("test", "--folder", folder, "--engine", "embedded")
    assert code == 0
    assert "embedded, пять частей" in out


def test_a_test_set_understood_too_little_is_an_error(folder: Path) -> None:
    (folder / "tests" / "nlu" / "hard.yml").write_text(
        "nlu:\n  - intent: balance\n    examples: |\n      - вызовите такси\n"
    )
    assert run("test", "--folder", folder, "--engine", "embedded", "--no-folds", "--at-least", "0.9")[0] == 1
