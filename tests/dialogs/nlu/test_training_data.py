"""Rasa's format is read, and its faults are told to their author."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.nlu.training_data import read_examples, same_when_heard
from dialogs.reader import FlowErrors

HEAD = 'version: "3.1"\nnlu:\n'


def read(folder: Path, text: str) -> list[tuple[str, str, int]]:
    (folder / "a.yml").write_text(text)
    return [(each.intent, each.text, each.place.line) for each in read_examples(folder)]


def fault(folder: Path, text: str) -> str:
    with pytest.raises(FlowErrors) as caught:
        read(folder, text)
    return str(caught.value)


def test_phrases_know_their_intent_and_line(tmp_path: Path) -> None:
    text = HEAD + "  - intent: balance\n    examples: |\n      - баланс\n\n      - сколько баллов\n"
    assert read(tmp_path, text) == [("balance", "баланс", 5), ("balance", "сколько баллов", 7)]


def test_marks_of_entities_are_taken_out(tmp_path: Path) -> None:
    text = HEAD + '  - intent: hours\n    examples: |\n      - в [субботу](day) и [Туле]{"entity": "city"}\n'
    assert read(tmp_path, text) == [("hours", "в субботу и Туле", 5)]


def test_the_long_form_of_examples_is_read(tmp_path: Path) -> None:
    text = HEAD + "  - intent: balance\n    examples:\n      - text: |\n          - баланс\n"
    assert read(tmp_path, text) == [("balance", "баланс", 6)]


def test_synonyms_lookups_and_regexes_are_rasas_matter(tmp_path: Path) -> None:
    text = HEAD + "  - synonym: карта\n    examples: |\n      - карточка\n"
    assert read(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  - intent: a\n    examples: |\n      баланс\n", "a.yml:5: фраза «баланс» без дефиса"),
        ("  - intent: a\n    examples: |\n      - \n", "a.yml:5: пустая фраза"),
        ("  - intent: a\n", "a.yml:3: у намерения «a» нет фраз"),
        ("  - examples: |\n      - баланс\n", "a.yml:3: не сказано, что это за намерение"),
        ("  - intent: a\n    exampels: |\n      - баланс\n", "a.yml:4: неизвестный ключ «exampels»"),
        (
            "  - intent: a\n    examples: |\n      - баланс\n      - Баланс!\n",
            "a.yml:6: фраза «Баланс!» уже есть (a.yml:5)",
        ),
        (
            "  - intent: a\n    examples: |\n      - всё\n  - intent: b\n    examples: |\n      - все\n",
            "a.yml:8: фраза «все» уже значит «a» (a.yml:5)",
        ),
        ("  intent: a\n", "a.yml:3: здесь нужен список"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in fault(tmp_path, HEAD + text)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FlowErrors, match="нет файлов"):
        read_examples(tmp_path)


def test_a_file_without_phrases_is_told(tmp_path: Path) -> None:
    assert "нет ключа «nlu:»" in fault(tmp_path, 'version: "3.1"\n')


def test_spelling_that_cannot_be_heard_makes_no_difference() -> None:
    assert same_when_heard(" Ещё  раз, пожалуйста! ") == "еще раз пожалуйста"
