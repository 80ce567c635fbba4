from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asr_models.model_folder import model_words
from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_MODEL_DIR
from dialogs.commands import app
from dialogs.lacking_words import command_that_adds, lacking_words, listened_words
from dialogs.settings import BUNDLED_FOLDER

SLOTS = """slots:
  topic:
    type: choice
    options:
      balance:
        phrases:
          - баланс
          - узнать эквайринг
      other: {phrases: [баланс, другой эквайринг]}
  sure:
    type: yes_no
    yes: [да, апробирую]
  card: {type: text}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "slots.yml").write_text(SLOTS, encoding="utf-8")
    return tmp_path


def model_of(folder: Path, words: Iterable[str], *, takes_words: bool = True) -> Path:
    """Write what counts as a model here: its words, and whether it takes more."""
    graph = folder / "model" / "phrases" / "graph"
    graph.mkdir(parents=True)
    (graph / "words.txt").write_text("".join(f"{word} {number}\n" for number, word in enumerate(["<eps>", *words])))
    if takes_words:
        (graph / "options.json").write_text("{}")
        (folder / "model" / "units.json").write_text("{}")
    return folder / "model" / "phrases"


def test_the_shipped_dialogue_needs_no_word_that_the_bundled_model_lacks() -> None:
    assert lacking_words(BUNDLED_FOLDER) == ()


def test_lacking_words_are_told_with_file_and_line_of_each_phrase(folder: Path) -> None:
    acquiring, approve = lacking_words(folder)
    assert acquiring.word == "эквайринг"
    places = [(phrase.place.file, phrase.place.line) for phrase in acquiring.phrases if phrase.place]
    assert places == [("domain/slots.yml", 8), ("domain/slots.yml", 9)]
    assert [(phrase.place.line, phrase.text) for phrase in approve.phrases if phrase.place] == [(12, "апробирую")]


def test_phrases_that_come_with_every_dialogue_are_held_against_the_model_too(folder: Path) -> None:
    words = [word for word in model_words(BUNDLED_MODEL_DIR) if word not in ("повторите", "эквайринг", "апробирую")]
    lacking = {each.word: each for each in lacking_words(folder, model_of(folder, [*words, "эквайринг", "апробирую"]))}
    assert list(lacking) == ["повторите"]
    assert {phrase.place for phrase in lacking["повторите"].phrases} == {None}


def test_a_word_spelled_without_its_two_dots_is_no_lacking_one(folder: Path) -> None:
    words = [*listened_words(folder), *listened_words()]
    assert lacking_words(folder, model_of(folder, [word.replace("ещё", "еще") for word in words])) == ()


def test_the_command_names_the_words_or_the_flows_when_they_are_many(folder: Path) -> None:
    model = model_of(folder, ["да"])
    few = lacking_words(folder)
    assert command_that_adds(few, folder, model) == (
        f"yulia models add-words эквайринг апробирую --model {folder / 'model'}"
    )
    many = lacking_words(folder, model)
    assert command_that_adds(many, folder, model) == (
        f"yulia models add-words --from-flows --flows {folder} --model {folder / 'model'}"
    )


def test_a_model_that_takes_no_words_has_no_such_command(folder: Path) -> None:
    assert command_that_adds(lacking_words(folder), folder, model_of(folder, ["да"], takes_words=False)) is None


def test_a_folder_that_is_no_model_is_an_error(folder: Path) -> None:
    (folder / "model" / "graph").mkdir(parents=True)
    (folder / "model" / "graph" / "words.txt").write_text("")
    with pytest.raises(ModelInvalid):
        lacking_words(folder, folder / "model")


def test_the_check_warns_and_lets_the_dialogue_pass(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BUNDLED_FOLDER, tmp_path / "dialogue", ignore=shutil.ignore_patterns("*.py")))
    slots = folder / "domain" / "slots.yml"
    text = slots.read_text(encoding="utf-8")
    slots.write_text(text.replace("- проверить баланс\n", "- проверить эквайринг\n", 1), encoding="utf-8")
    line = text[: text.index("- проверить баланс\n")].count("\n") + 1
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exit_code == 0
    assert "Всё в порядке" in result.stdout
    assert f"{slots}:{line}: «эквайринг» во фразе «проверить эквайринг»" in result.stderr
    assert "yulia models" in result.stderr


def test_the_check_says_so_when_the_model_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "words.txt").write_text("")
    result = CliRunner().invoke(app, ["check", "--model", str(tmp_path)])
    assert result.exit_code == 0
    assert "Слова фраз не проверены" in result.stderr
