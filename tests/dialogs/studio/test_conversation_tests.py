"""A dialogue's own conversations, by the real runner, as a condition of publishing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.reader import FlowErrors
from dialogs.settings import DialogueSettings
from dialogs.studio.conversation_tests import failed_conversations
from dialogs.studio.publishing import TestsFailed, check, read_files
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
