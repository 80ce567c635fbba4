"""Tables: read from YAML, looked up by flows, listed as options."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle, Table
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.steps.collect import Collect
from dialogs.engine.vocabulary import Ask, CallStarted, Event, Heard, KeysPressed, Say, Turn
from dialogs.reader import load_bundle
from dialogs.reader.listened import listened_phrases
from dialogs.reader.problems import Place

BASE = Path(__file__).parents[1] / "broken" / "base"
START = """flows:
  pattern_session_start:
    steps:
      - link: places
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(BASE, tmp_path / "dialogue"))
    (folder / "flows" / "shop.yml").write_text(START)
    return folder


def write_table(folder: Path, text: str) -> Table:
    (folder / "domain" / "tables" / "places.yml").write_text(text)
    return load_bundle(folder).tables["places"]


def play(bundle: Bundle, *events: Event) -> tuple[DialogueState, Turn]:
    faults: list[Exception] = []
    engine = Engine(bundle, lambda error, event: faults.append(error))
    state, turn = engine.step(engine.begin(), CallStarted(None))
    for event in events:
        state, turn = engine.step(DialogueState.from_bytes(state.to_bytes()), event)
    assert faults == []
    return state, turn


def said(turn: Turn) -> str:
    return " ".join(prompt.text for command in turn if isinstance(command, Say | Ask) for prompt in command.prompts)


def test_the_row_that_fits_is_the_result(folder: Path) -> None:
    _, turn = play(load_bundle(folder), Heard("я в туле"))
    assert "до двадцать два" in said(turn)


def test_an_option_of_a_table_can_be_chosen_by_its_key(folder: Path) -> None:
    _, turn = play(load_bundle(folder), KeysPressed("1"))
    assert "до двадцать два" in said(turn)


def test_several_rows_are_told_from_one(folder: Path) -> None:
    state, turn = play(load_bundle(folder), Heard("псков"))
    assert "до" not in said(turn).split()
    assert "hours" not in state.slots


def test_options_are_the_values_of_a_column_each_once_in_the_order_of_rows(folder: Path) -> None:
    options = load_bundle(folder).slots["city"].options
    assert [(option.value, option.phrases, option.key) for option in options] == [
        ("Тула", ("тула", "в туле"), "1"),
        ("Псков", ("псков",), "2"),
    ]


def test_a_question_over_a_table_listens_for_its_phrases(folder: Path) -> None:
    step = load_bundle(folder).flows["places"].steps["collect_city"]
    assert isinstance(step, Collect)
    assert {"тула", "в туле", "псков"} < set(step.asking.question.phrases)
    phrases = {phrase.text: phrase.place for phrase in listened_phrases(folder) if phrase.place}
    assert (phrases["в туле"].file, phrases["в туле"].line) == ("domain/tables/places.yml", 4)


def test_without_a_column_of_phrases_an_option_is_called_by_its_name(folder: Path) -> None:
    slots = folder / "domain" / "slots.yml"
    slots.write_text(slots.read_text().replace(", phrases: said, keys: key", ""))
    assert [option.phrases for option in load_bundle(folder).slots["city"].options] == [("тула",), ("псков",)]


def test_columns_are_inferred_from_cells(folder: Path) -> None:
    slots = folder / "domain" / "slots.yml"
    slots.write_text(slots.read_text().replace(", phrases: said, keys: key", ""))
    table = write_table(
        folder,
        """table:
  rows:
    - {city: Тула, closes: null, always: true, near: [рынок, вокзал]}
    - {city: Псков, closes: 21.5, always: false, near: []}
""",
    )
    kinds = {name: field.kind.value for name, field in table.columns.items()}
    assert kinds == {"city": "text", "closes": "number", "always": "flag", "near": "list"}
    assert table.rows[0] == {"city": "Тула", "closes": None, "always": True, "near": ("рынок", "вокзал")}
    assert [name for name, field in table.columns.items() if field.optional] == ["closes"]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"city": "орёл"}, 1),
        ({"city": "ОРЕЛ", "closes": 22}, 1),
        ({"closes": 22}, 2),
        ({"closes": None}, 0),
        ({"open": True}, 1),
        ({"open": 1}, 0),
        ({}, 3),
    ],
)
def test_rows_are_found_by_the_sense_of_a_text_and_the_kind_of_a_value(cells: dict[str, object], found: int) -> None:
    rows = (
        {"city": "Орел", "closes": 22, "open": True},
        {"city": "Тула", "closes": 22, "open": False},
        {"city": "Псков", "closes": 21, "open": None},
    )
    assert len(Table("places", {}, rows).matching(cells)) == found  # type: ignore[arg-type]


def test_the_hash_names_the_tables_too(folder: Path) -> None:
    before = load_bundle(folder).hash
    path = folder / "domain" / "tables" / "places.yml"
    path.write_text(path.read_text().replace("closes: 22", "closes: 23"))
    assert load_bundle(folder).hash != before


def test_definitions_may_be_split_into_files_of_a_folder(folder: Path) -> None:
    more = folder / "domain" / "responses"
    more.mkdir()
    (more / "hours.yml").write_text("responses:\n  utter_more:\n    - text: И ещё.\n")
    slots = folder / "domain" / "slots"
    slots.mkdir()
    (slots / "sure.yml").write_text("slots:\n  sure: {type: yes_no, yes: [именно туда]}\n")
    bundle = load_bundle(folder)
    assert {"utter_more", "utter_hello"} < set(bundle.responses)
    assert {"wish", "sure"} < set(bundle.slots)
    places = {phrase.text: phrase.place for phrase in listened_phrases(folder)}
    assert places["именно туда"] == Place("domain/slots/sure.yml", 2)
