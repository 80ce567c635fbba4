"""How long a flow can keep a caller."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dialogs.call_times import CallTime, call_times
from dialogs.engine.bundle import Bundle
from dialogs.reader import load_bundle

BASE = Path(__file__).parent / "broken" / "base"
SLOT = """  sure:
    type: yes_no
    collect:
      listen: {start_seconds: 10, max_seconds: 30}
      utter: utter_second
      utter_keys: utter_second
      no_input: [utter_second, utter_second, handoff]
      no_match: [{next: END}]
"""
SECOND = "  utter_second:\n    - text: Пятнадцать зн.\n"  # one second, nearly


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(BASE, tmp_path / "dialogue"))
    for name, more in (("slots", SLOT), ("responses", SECOND)):
        path = folder / "domain" / f"{name}.yml"
        path.write_text(path.read_text() + more)
    return folder


def time_of(folder: Path, steps: str, more: str = "") -> CallTime:
    (folder / "flows" / "timed.yml").write_text(f"flows:\n  timed:\n    steps:\n{steps}{more}")
    return next(each for each in call_times(load_bundle(folder)) if each.flow == "timed")


def test_a_question_takes_its_longer_ladder(folder: Path) -> None:
    timed = time_of(folder, "      - collect: sure\n")
    assert timed.questions == 1
    assert timed.seconds == pytest.approx(3 * 14 / 15 + 3 * 10)  # silence; what is not understood: 1 + 30
    slots = folder / "domain" / "slots.yml"
    slots.write_text(slots.read_text().replace("[utter_second, utter_second, handoff]", "[handoff]"))
    assert time_of(folder, "      - collect: sure\n").seconds == pytest.approx(14 / 15 + 30)


def test_of_two_ways_the_longer_counts(folder: Path) -> None:
    steps = """      - noop: true
        next:
          - if: slots.hours > 1
            then:
              - say: utter_second
                next: END
          - else:
              - say: [utter_second, utter_second]
              - say: utter_second
                next: END
"""
    assert time_of(folder, steps).seconds == pytest.approx(3 * 14 / 15)


def test_a_circle_is_passed_once(folder: Path) -> None:
    steps = """      - id: ask
        say: utter_second
      - collect: sure
        next:
          - if: slots.sure
            then: END
          - else: ask
"""
    assert time_of(folder, steps).seconds == pytest.approx(4 * 14 / 15 + 3 * 10)


def test_an_action_takes_its_limit_and_a_called_flow_its_own_time(folder: Path) -> None:
    steps = """      - call: inner
      - action: shop.find
        arguments: {city: Тула}
        waiting: utter_second
"""
    inner = "  inner:\n    steps:\n      - say: utter_second\n"
    assert time_of(folder, steps, inner).seconds == pytest.approx(2 * 14 / 15 + 3)


def test_every_shipped_flow_has_its_time_the_longest_first(bundle: Bundle) -> None:
    times = call_times(bundle)
    assert {each.flow for each in times} == set(bundle.flows)
    assert [each.seconds for each in times] == sorted((each.seconds for each in times), reverse=True)
    seconds = {each.flow: each.seconds for each in times}
    assert seconds["balance"] > seconds["find_customer"] > 0, "it calls it"
