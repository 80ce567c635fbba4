"""How much of the flows conversations passed: counted on a small dialogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.reader import load_bundle
from dialogs.reader.places import step_places
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.coverage import Counted, Coverage, WayKind, coverage
from tests.dialogs.talks.conftest import Played

FLOW = "pattern_session_start"


def of_flow(result: Coverage, flow: str = FLOW) -> tuple[dict[WayKind, Counted], Counted]:
    for name, by_kind, altogether in result.flows():
        if name == flow:
            return dict(by_kind), altogether
    raise AssertionError(flow)


def test_nothing_passed_is_nothing_counted(shop: Path) -> None:
    by_kind, altogether = of_flow(coverage(load_bundle(shop), ()))
    # hello, wish, find, code, set_slots, hours; find has two ways on, each question one;
    # wish has a rung and an end of each kind, code has no rung for what was not understood
    assert by_kind == {
        WayKind.STEP: Counted(0, 6),
        WayKind.BRANCH: Counted(0, 4),
        WayKind.LADDER: Counted(0, 7),
    }
    assert altogether == Counted(0, 17)


def test_what_a_conversation_passes_is_counted_once(played: Played) -> None:
    text = """
    test_cases:
      - test_case: closed
        steps:
          - silence: true
          - user: часы работы
          - result: {outcome: closed}
          - silence: true
          - silence: true
      - test_case: the same
        steps:
          - user: часы работы
          - result: {outcome: closed}
    """
    result = played(text).coverage
    by_kind, altogether = of_flow(result)
    assert by_kind[WayKind.STEP] == Counted(4, 6)  # not set_slots, not the hours
    assert by_kind[WayKind.BRANCH] == Counted(2, 4)  # wish answered, closed; neither open nor a code
    assert by_kind[WayKind.LADDER] == Counted(3, 7)  # one rung at the wish; a rung and the end at the code
    assert altogether == Counted(9, 17)
    assert altogether.percent == pytest.approx(100 * 9 / 17)


def test_what_was_not_passed_is_told_with_its_line(played: Played, shop: Path) -> None:
    result = played("test_cases:\n  - test_case: a\n    steps:\n      - user: часы работы\n").coverage
    places = step_places(shop)
    left = {(way.step, way.way): way.place(places) for way in result.not_passed if way.flow == FLOW}
    lines = (shop / "flows" / "shop.yml").read_text().splitlines()
    for key, written in (
        (("find", "0"), 'if: result.outcome == "open"'),
        (("find", "1"), "else: code"),
        (("code", "entered"), "id: code"),
        (("code", "no_input 1"), "id: code"),
        (("say_utter_hours", "entered"), "say: utter_hours"),
    ):
        place = left[key]
        assert place is not None
        assert place.file == "flows/shop.yml"
        assert written in lines[place.line - 1]
    assert ("collect_wish", "0") not in left


def test_a_rung_that_was_not_said_is_not_passed(shop: Path, played: Played) -> None:
    slots = shop / "domain" / "slots.yml"
    rejected = '      rejections: [{if: slots.wish == "place", utter: utter_hello}]\n      no_input: [utter_again'
    slots.write_text(slots.read_text().replace("      no_input: [utter_again", rejected, 1))
    result = played("test_cases:\n  - test_case: a\n    steps:\n      - user: где магазин\n      - bot: utter_hello\n")
    assert result.failed == ()
    left = {(way.step, way.way) for way in result.coverage.not_passed}
    assert ("collect_wish", "no_match 1") in left
    assert ("collect_wish", "rejection 1") not in left


def test_every_step_of_the_shipped_dialogue_has_a_place_and_as_many_branches() -> None:
    bundle = load_bundle(BUNDLED_FOLDER)
    places = step_places(BUNDLED_FOLDER)
    for flow in bundle.flows.values():
        for step in flow.steps.values():
            assert len(places[flow.id, step.id].branches) == len(step.branches), (flow.id, step.id)
