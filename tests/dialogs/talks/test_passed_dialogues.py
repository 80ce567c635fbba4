from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.reader import load_bundle
from dialogs.talks import passed_dialogues
from dialogs.talks.passed_dialogues import MOST_KEPT, NOTHING_PASSED, PassedDialogues
from tests.dialogs.talks.conftest import write_cases
from tests.dialogs.talks.test_commands import CASES, RIGHT, run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "passed"


def test_what_was_noted_is_known_to_other_processes_and_nothing_else_is(file: Path) -> None:
    PassedDialogues(file).note("a" * 64)
    assert "a" * 64 in PassedDialogues(file)
    assert "b" * 64 not in PassedDialogues(file)


def test_another_program_plays_everything_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PassedDialogues(file).note("a" * 64)
    monkeypatch.setattr(passed_dialogues, "_program", lambda: "changed")
    assert "a" * 64 not in PassedDialogues(file)


def test_old_names_are_forgotten(file: Path) -> None:
    passed = PassedDialogues(file)
    for number in range(MOST_KEPT + 5):
        passed.note(str(number))
        passed.note(str(number))
    assert len(file.read_text().split()) == MOST_KEPT
    assert "4" not in passed
    assert "5" in passed


def test_a_file_that_cannot_be_used_only_costs_time(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"\xff\xfe\x00")
    for passed in (PassedDialogues(damaged), PassedDialogues(tmp_path / "nowhere" / "passed"), NOTHING_PASSED):
        assert "a" not in passed
        passed.note("a")
    assert "a" in PassedDialogues(damaged)
    assert "a" not in NOTHING_PASSED


PHRASES = """nlu:
  - intent: store_hours
    examples: |
      - до скольки работает магазин
      - часы работы
      - когда вы закрываетесь
  - intent: balance
    examples: |
      - сколько баллов
      - мой баланс
      - что на карте
"""


def test_the_command_notes_what_passed_whole(shop: Path, file: Path) -> None:
    (shop / "data" / "nlu" / "store_hours.yml").write_text(PHRASES)
    write_cases(shop, CASES)
    run("test", shop, "--passed", file)
    assert not file.exists(), "a conversation failed"
    write_cases(shop, RIGHT)
    run("test", shop, "--passed", file, "--match", "closed")
    assert not file.exists(), "only some were played"
    assert run("test", shop, "--passed", file).exit_code == 0
    assert load_bundle(shop).hash in PassedDialogues(file)


def test_the_command_does_not_note_phrases_that_nothing_can_be_learnt_from(shop: Path, file: Path) -> None:
    write_cases(shop, RIGHT)
    assert run("test", shop, "--passed", file).exit_code == 0
    assert not file.exists()
