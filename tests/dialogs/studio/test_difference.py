from __future__ import annotations

import pytest

from dialogs.settings import BUNDLED_FOLDER
from dialogs.studio.difference import Change, Detail, Kind, NotYaml, difference, raw_difference
from dialogs.studio.publishing import read_files

FLOWS = """flows:
  menu:
    name: Меню
    steps:
      - say: utter_hello
      - collect: wish
        no_match: [utter_again, handoff]
        next:
          - if: slots.wish == "hours"
            then:
              - say: utter_hours
                next: END
          - else: END
"""
RESPONSES = """responses:
  utter_hello:
    - text: Здравствуйте!
    - text: Добрый день!
  utter_again:
    - text: Повторите.
"""
PHRASES = """nlu:
  - intent: hours
    examples: |
      - когда открыты
      - до скольки работаете
"""
FILES = {
    "flows/menu.yml": FLOWS,
    "domain/responses.yml": RESPONSES,
    "data/nlu/hours.yml": PHRASES,
    "domain.yml": "intents:\n- hours\n",
}


def changed(*edits: tuple[str, str, str]) -> tuple[Change, ...]:
    """Compare with the same files after edits (file, old text, new text)."""
    old = {name: text.encode() for name, text in FILES.items()}
    new = dict(FILES)
    for file, before, after in edits:
        assert before in new[file]
        new[file] = new[file].replace(before, after)
    return difference(old, {name: text.encode() for name, text in new.items()})


def test_nothing_changed_between_a_dialogue_and_itself() -> None:
    files = read_files(BUNDLED_FOLDER)
    assert difference(files, files) == ()
    assert list(raw_difference(files, files)) == []


def test_comments_order_of_files_and_layout_mean_nothing() -> None:
    assert changed(("flows/menu.yml", "flows:\n", "# меню\nflows:\n\n")) == ()
    old = {name: text.encode() for name, text in FILES.items()}
    moved = dict(old)
    moved["flows/other.yml"] = moved.pop("flows/menu.yml")
    assert difference(old, moved) == ()


def test_a_text_is_told_as_old_and_new() -> None:
    assert changed(("domain/responses.yml", "Здравствуйте!", "Приветствую!")) == (
        Change("responses", "utter_hello", Kind.CHANGED, (Detail("text", "Здравствуйте!", "Приветствую!"),)),
    )


def test_one_more_wording_is_no_change_of_the_others() -> None:
    edit = ("domain/responses.yml", "    - text: Здравствуйте!\n", "    - text: Привет!\n    - text: Здравствуйте!\n")
    assert changed(edit) == (Change("responses", "utter_hello", Kind.CHANGED, (Detail("", None, "Привет!"),)),)


def test_a_new_step_between_others_is_told_alone() -> None:
    edit = ("flows/menu.yml", "      - collect: wish\n", "      - say: utter_news\n      - collect: wish\n")
    assert changed(edit) == (Change("flows", "menu", Kind.CHANGED, (Detail("", None, "say: utter_news"),)),)


def test_a_change_deep_in_a_branch_is_told_with_the_way_to_it() -> None:
    (change,) = changed(
        ("flows/menu.yml", "say: utter_hours\n                next: END", "say: utter_hours\n                next: bye")
    )
    (detail,) = change.details
    assert (detail.old, detail.new) == ("END", "bye")
    for part in ("collect: wish", "then", "say: utter_hours", "next"):
        assert part in detail.where


def test_a_rung_of_a_ladder_that_changed_is_told_in_its_step() -> None:
    (change,) = changed(("flows/menu.yml", "[utter_again, handoff]", "[utter_again, utter_again, handoff]"))
    assert [detail.where for detail in change.details] == ["collect: wish → no_match"]


def test_flows_and_responses_that_come_and_go() -> None:
    new_flow = ("flows/menu.yml", "flows:\n", "flows:\n  bye:\n    steps:\n      - say: utter_bye\n")
    gone = ("domain/responses.yml", "  utter_again:\n    - text: Повторите.\n", "")
    assert changed(new_flow, gone) == (
        Change("flows", "bye", Kind.ADDED, (Detail("", None, "say: utter_bye"),)),
        Change("responses", "utter_again", Kind.REMOVED, (Detail("", "Повторите.", None),)),
    )


def test_phrases_are_told_by_intent() -> None:
    assert changed(("data/nlu/hours.yml", "когда открыты", "во сколько открываетесь")) == (
        Change(
            "nlu",
            "hours",
            Kind.CHANGED,
            (Detail("", "когда открыты", None), Detail("", None, "во сколько открываетесь")),
        ),
    )


def test_an_intent_in_two_files_is_one_as_for_rasa() -> None:
    half = "nlu:\n- intent: hours\n  examples: |\n    - до скольки работаете\n"
    old = {"data/nlu/hours.yml": PHRASES.encode()}
    new = {
        "data/nlu/a.yml": PHRASES.replace("      - до скольки работаете\n", "").encode(),
        "data/nlu/b.yml": half.encode(),
    }
    assert difference(old, new) == ()


def test_what_has_no_meaning_of_its_own_is_told_by_its_lines() -> None:
    assert changed(("domain.yml", "- hours", "- opening")) == (
        Change("files", "domain.yml", Kind.CHANGED, (Detail("", "- hours", None), Detail("", None, "- opening"))),
    )


def test_a_flow_by_the_name_of_a_number_or_a_yes_is_compared_as_any_other() -> None:
    assert changed(("flows/menu.yml", "  menu:", "  yes:"))[0].kind is Kind.ADDED


@pytest.mark.parametrize("broken", ["flows: [", "flows:\n\t- x", "\x00"])
def test_a_file_that_is_no_yaml_is_told_and_can_still_be_compared_by_lines(broken: str) -> None:
    old = {name: text.encode() for name, text in FILES.items()}
    new = {**old, "flows/menu.yml": broken.encode()}
    with pytest.raises(NotYaml, match=r"flows/menu\.yml"):
        difference(old, new)
    lines = list(raw_difference(old, new))
    assert lines[:2] == ["--- a/flows/menu.yml", "+++ b/flows/menu.yml"]
    assert "-  menu:" in lines


def test_tables_are_told_apart_by_their_files_and_their_rows_by_the_first_column() -> None:
    hours = "table:\n  rows:\n    - {city: Тула, closes: 22}\n    - {city: Псков, closes: 21}\n"
    old = {"domain/tables/hours.yml": hours.encode(), "domain/tables/phones.yml": b"table: {rows: [{city: a}]}"}
    new = old | {"domain/tables/hours.yml": hours.replace("21", "23").encode()}
    (change,) = difference(old, new)
    assert (change.section, change.name, change.kind) == ("tables", "hours", Kind.CHANGED)
    (detail,) = change.details
    assert (detail.old, detail.new) == ("21", "23")
    assert "Псков" in detail.where
    assert [each.name for each in difference({}, old)] == ["hours", "phones"]
