"""What is told as hardly meant, and lets the dialogue pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dialogs.reader import FlowErrors, check_folder
from dialogs.reader.spoken_length import longest_seconds
from dialogs.settings import BUNDLED_FOLDER, DialogueSettings

BASE = Path(__file__).parents[1] / "broken" / "base"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "dialogue"))


def add(folder: Path, file: str, text: str) -> int:
    """Add lines to a file; return the number of the first."""
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(before + text)
    return before.count("\n") + 1


def warned(folder: Path) -> list[tuple[str, int, str]]:
    return [(each.file, each.line, each.message) for each in check_folder(folder).warnings]


def test_a_dialogue_in_which_everything_is_used_has_no_warnings(folder: Path) -> None:
    assert warned(folder) == []


def test_a_response_that_nothing_says(folder: Path) -> None:
    line = add(folder, "domain/responses.yml", "  utter_never:\n    - text: Никогда.\n")
    assert warned(folder) == [("domain/responses.yml", line, "реплика «utter_never» нигде не звучит")]


def test_a_slot_that_nothing_reads_or_fills(folder: Path) -> None:
    line = add(folder, "domain/slots.yml", "  never: {type: text}\n")
    assert warned(folder) == [("domain/slots.yml", line, "слот «never» нигде не используется")]


def test_a_slot_named_in_a_text_or_a_condition_alone_is_used(folder: Path) -> None:
    add(folder, "domain/slots.yml", "  in_text: {type: text}\n  in_condition: {type: number}\n")
    add(folder, "domain/responses.yml", '  utter_more:\n    - text: "И {slots.in_text}."\n')
    add(
        folder,
        "flows/more.yml",
        """flows:
  more:
    steps:
      - say: utter_more
        next:
          - if: 1 < slots.in_condition
            then: END
          - else: END
""",
    )
    assert warned(folder) == []


def test_a_table_that_nothing_looks_into(folder: Path) -> None:
    add(folder, "domain/tables/never.yml", "table:\n  rows:\n    - {city: Тула}\n")
    assert warned(folder) == [("domain/tables/never.yml", 1, "в таблицу «never» никто не смотрит")]


TASK = "flows:\n  task:\n    task: Узнать адрес\n    steps:\n      - say: utter_hello\n"


def test_a_task_that_nothing_starts(folder: Path) -> None:
    add(folder, "flows/task.yml", TASK)
    assert warned(folder) == [("flows/task.yml", 2, "сценарий «task» никто не начинает")]


@pytest.mark.parametrize("start", ["link: task", "call: task"])
def test_a_task_that_another_flow_starts(folder: Path, start: str) -> None:
    add(folder, "flows/task.yml", TASK + f"  other:\n    steps:\n      - {start}\n")
    assert warned(folder) == []


def test_a_task_that_an_intent_starts(folder: Path) -> None:
    trigger = "    confirm: utter_hello\n    nlu_trigger: [{intent: store_hours}]\n"
    add(folder, "flows/task.yml", TASK.replace("    steps", trigger + "    steps"))
    assert warned(folder) == []


def test_intents_are_not_held_against_phrases_that_the_folder_does_not_bring(folder: Path) -> None:
    shutil.rmtree(folder / "data")
    add(
        folder,
        "flows/more.yml",
        "flows:\n  more:\n    nlu_trigger: [{intent: any}]\n    steps:\n      - say: utter_hello\n",
    )
    assert warned(folder) == []


def test_how_long_a_question_may_sound_is_a_setting(folder: Path) -> None:
    with pytest.raises(FlowErrors) as caught:
        check_folder(folder, DialogueSettings(longest_question_seconds=1.42))
    assert {problem.message.split("»")[0] for problem in caught.value.problems} == {
        "вопрос «utter_ask_wish_keys",
        "вопрос «utter_again",
    }
    check_folder(folder, DialogueSettings(longest_statement_seconds=5))


def test_values_in_a_text_take_their_time_too() -> None:
    bundle = check_folder(BUNDLED_FOLDER).bundle
    read_back = longest_seconds(bundle.responses["utter_read_back_card"])
    assert 5 < read_back < 10, "sixteen digits in pairs"
