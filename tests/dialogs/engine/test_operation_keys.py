"""The same wish has the same key until its outcome is known; another wish has another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import ActionDone, ActionFailed, CallStarted, Event, Heard, Resumed, RunAction, Turn
from dialogs.reader import load_bundle
from dialogs.talks.example_results import RESULTS
from integrations.loyalty.port import OPERATION_KEY

FIND = "shop.find"


@pytest.fixture
def changing(tmp_path: Path) -> Bundle:
    """A dialogue whose only action changes something, again and again."""
    base = Path(__file__).parents[1] / "broken" / "base"
    for file in base.rglob("*.yml"):
        text = file.read_text()
        if file.name == "actions.yml":
            text = text.replace("limit_seconds: 3", "limit_seconds: 6\n    changes: true")
        if file.name == "shop.yml":
            text = """flows:
  pattern_session_start:
    steps:
      - say: utter_hello
      - id: ask
        action: shop.find
        arguments: {city: Москва}
        failed: ask_elsewhere
        next: ask_elsewhere
      - id: ask_elsewhere
        action: shop.find
        arguments: {city: Москва}
        failed: code
        next: code
      - id: code
        collect: code
        next: END
"""
        (tmp_path / file.relative_to(base)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.relative_to(base)).write_text(text)
    return load_bundle(tmp_path)


def after(bundle: Bundle, *events: Event, call_id: str = "call-1") -> tuple[DialogueState, str]:
    engine = Engine(bundle)
    state, turn = engine.step(engine.begin(), CallStarted("+79160000001", call_id))
    for event in events:
        state, turn = engine.step(DialogueState.from_bytes(state.to_bytes()), event)
    return state, key_of(turn)


def key_of(turn: Turn) -> str:
    assert isinstance(turn[-1], RunAction)
    assert turn[-1].operation_key is not None
    return turn[-1].operation_key


DONE = ActionDone(FIND, {"outcome": "open", "hours": 9})


def test_a_key_is_one_for_the_loyalty_system(changing: Bundle) -> None:
    assert OPERATION_KEY.fullmatch(after(changing)[1])


def test_the_same_wish_keeps_its_key_when_the_call_is_resumed_or_the_action_failed(changing: Bundle) -> None:
    assert after(changing)[1] == after(changing, Resumed())[1] == after(changing, ActionFailed(FIND, "timeout"))[1]


def test_a_result_that_breaks_the_contract_leaves_the_key_since_nobody_knows_what_happened(changing: Bundle) -> None:
    assert after(changing, ActionDone(FIND, {"outcome": "odd"}))[1] == after(changing)[1]


def test_the_same_wish_after_its_outcome_is_a_new_one(changing: Bundle) -> None:
    state, key = after(changing, DONE)
    assert key != after(changing)[1]
    assert state.operations == 1


def test_another_call_has_other_keys(changing: Bundle) -> None:
    assert after(changing)[1] != after(changing, call_id="call-2")[1]


def test_an_action_that_changes_nothing_has_no_key(bundle: Bundle) -> None:
    engine = Engine(bundle)
    state, _ = engine.step(engine.begin(), CallStarted("+79160000001", "call-1"))
    state, turn = engine.step(state, Heard("баланс"))
    assert isinstance(turn[-1], RunAction)
    assert turn[-1].operation_key is None
    state, _ = engine.step(state, ActionDone(turn[-1].action, RESULTS["one card"]))
    assert state.operations == 0
