"""A dialogue's own conversations, by the real runner, as a condition of publishing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.reader import FlowErrors
from dialogs.settings import DialogueSettings
from dialogs.studio.conversation_tests import failed_conversations
from dialogs.studio.publishing import TestsFailed, check, read_files
from dialogs.talks.passed_dialogues import PassedDialogues
from tests.dialogs.studio.conftest import MakeDialogue

CONVERSATION = """test_cases:
  - test_case: приветствие
    steps:
      - silence: true
      - bot: utter_again
"""


def with_conversation(folder: Path, text: str) -> Path:
    (folder / "tests" / "conversations").mkdir(parents=True)
    (folder / "tests" / "conversations" / "shop.yml").write_text(text)
    return folder


def publishable(folder: Path) -> str:
    settings = DialogueSettings(company_name="Ромашка", card_series=("55",))
    return check(read_files(folder), settings, failed_conversations).bundle.hash


def test_a_dialogue_whose_conversations_go_as_written_may_be_published(dialogue: MakeDialogue) -> None:
    without = dialogue()
    assert publishable(with_conversation(dialogue(), CONVERSATION)) != publishable(without)


def test_a_conversation_that_goes_otherwise_is_told_with_file_and_line(dialogue: MakeDialogue) -> None:
    folder = with_conversation(dialogue(), CONVERSATION.replace("bot: utter_again", "bot: utter_hours"))
    with pytest.raises(TestsFailed, match=r"^tests/conversations/shop\.yml:5: приветствие: "):
        publishable(folder)


def test_conversations_that_cannot_be_read_are_faults_of_the_dialogue(dialogue: MakeDialogue) -> None:
    with pytest.raises(FlowErrors, match=r"tests/conversations/shop\.yml"):
        publishable(with_conversation(dialogue(), "test_cases:\n  - test_case: x\n    steps:\n      - dances: true\n"))


class Counting:
    """Plays nothing, and counts how often it was asked to."""

    def __init__(self, *failures: str) -> None:
        self.failures = failures
        self.asked = 0

    def __call__(self, folder: Path, bundle: Bundle) -> tuple[str, ...]:
        self.asked += 1
        return self.failures


def test_what_passed_is_not_played_again_but_what_was_changed_is(dialogue: MakeDialogue, tmp_path: Path) -> None:
    passed, runs = PassedDialogues(tmp_path / "passed"), Counting()
    folder = dialogue()
    first = check(read_files(folder), DialogueSettings(), runs, passed)
    again = check(read_files(folder), DialogueSettings(company_name="Ромашка"), runs, passed)
    assert (first.passed_before, again.passed_before, runs.asked) == (False, True, 1)
    check(read_files(dialogue(hello="Добрый день!")), DialogueSettings(), runs, passed)
    check(read_files(with_conversation(folder, CONVERSATION)), DialogueSettings(), runs, passed)
    assert runs.asked == 3


def test_what_failed_is_played_again(dialogue: MakeDialogue, tmp_path: Path) -> None:
    passed, runs = PassedDialogues(tmp_path / "passed"), Counting("shop.yml:5: не то")
    for _ in range(2):
        with pytest.raises(TestsFailed):
            check(read_files(dialogue()), DialogueSettings(), runs, passed)
    assert runs.asked == 2


def test_phrases_that_nothing_can_be_learnt_from_are_not_noted_as_passed(
    dialogue: MakeDialogue, tmp_path: Path
) -> None:
    passed = PassedDialogues(tmp_path / "passed")
    files = read_files(dialogue(phrases="nlu:\n- intent: hours\n  examples: |\n    - когда\n"))
    for _ in range(2):
        with pytest.raises(FlowErrors):
            check(files, DialogueSettings(), Counting(), passed)
