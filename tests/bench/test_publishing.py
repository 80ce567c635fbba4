from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.line_bench import Figure
from bench.publishing.__main__ import change
from bench.publishing.page import publish
from dialogs.nlu.training_data import TRAINING_FOLDER, read_examples
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED_FOLDER, tmp_path / "dialogs", ignore=shutil.ignore_patterns("*.py")))


def test_each_change_makes_another_version_of_the_shipped_dialogue(folder: Path) -> None:
    versions = {load_bundle(folder).hash}
    learnt = len(read_examples(folder / TRAINING_FOLDER))
    for name, with_phrases in (("0а", False), ("0б", True), ("1а", False), ("1б", True)):
        change(folder, name, with_phrases=with_phrases)
        bundle = load_bundle(folder)
        versions.add(bundle.hash)
        assert f"Это версия {name}." in str(bundle.responses["utter_greeting"])
    assert len(versions) == 5
    assert len(read_examples(folder / TRAINING_FOLDER)) == learnt + 2


def test_a_dialogue_without_the_sentence_is_told(folder: Path) -> None:
    (folder / "domain" / "responses.yml").write_text("responses: {}\n")
    with pytest.raises(ValueError, match="Здравствуйте"):
        change(folder, "0а", with_phrases=False)


def test_the_page_has_every_time_and_says_what_missed(tmp_path: Path) -> None:
    figures = [
        Figure.of("texts", [6.0, 7.5], "s", target="≤ 10 s", met=True),
        Figure.of("phrases", [9.0, 12.25], "s", target="≤ 10 s", met=False),
    ]
    facts = {"command": "make bench-publishing", "date": "2026-11-30T12:00:00", "machine": {"cores": 2, "python": "3"}}
    page = publish(facts, figures, "publishing-1.json", tmp_path).read_text()
    assert "| phrases | 2 | 12.2 s | 12.2 s | ≤ 10 s | **no** |" in page
    assert (tmp_path / "publishing.png").stat().st_size > 1000
