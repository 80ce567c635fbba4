"""Conversations whose actions are run for real, on the sandbox's people: Dmitry, +79160000002, has two cards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.player import Failure
from dialogs.talks.suite import run_suite
from tests.dialogs.talks.conftest import write_cases

MERGE = """
flows:
  pattern_session_start:
    steps:
      - say: utter_hello
      - collect: more
        next:
          - if: slots.more
            then: find
          - else: block
      - id: find
        action: loyalty.find_by_phone
        arguments: {phone: slots.caller_number}
        next:
          - if: result.outcome == "found"
            then: merge
          - else: END
      - id: merge
        action: loyalty.merge
        arguments: {customer_id: result.customer_id, kept_last4: "3503", merged_last4: "7192"}
        next:
          - if: result.outcome == "done"
            then:
              - set_slots: [{key: result.merge_key}]
                next: undo_it
          - else: bye
      - id: bye
        say: utter_again
        next: END
      - id: undo_it
        collect: code
      - action: loyalty.undo_merge
        arguments: {merge_key: slots.key}
        next:
          - if: result.outcome == "refused"
            then: [{say: utter_again, next: END}]
          - else: END
      - id: block
        action: loyalty.block_by_phone
        arguments: {phone: slots.caller_number}
        waiting: utter_wait
        next:
          - if: result.outcome == "done"
            then: END
          - else: bye
"""
DMITRY = 'test_cases:\n  - test_case: a\n    caller: "+79160000002"\n    loyalty: up\n    steps:\n'
MERGED = (
    'cards: {"3503": {state: active, points: 425}, "7192": {state: merged, points: 0}}',
    "operations: [{kind: merge, state: done}]",
)
UNTOUCHED = 'cards: {"3503": {state: active, points: 340}, "7192": {state: active, points: 85}}'

Fails = Callable[..., Failure | None]


@pytest.fixture
def failure_of(shop: Path) -> Fails:
    """Play lines against a small dialogue that merges and blocks; the first of them is line 6."""
    shutil.copy(BUNDLED_FOLDER / "domain" / "actions.yml", shop / "domain")
    (shop / "flows" / "shop.yml").write_text(MERGE)
    slots = shop / "domain" / "slots.yml"
    slots.write_text(slots.read_text() + "  key: {type: text}\n")
    bundle = load_bundle(shop)

    def play(*lines: str, beginning: str = DMITRY) -> Failure | None:
        write_cases(shop, beginning + "".join(f"      - {line}\n" for line in lines))
        (result,) = run_suite(shop, bundle).cases
        return result.failure

    return play


def test_a_change_is_carried_out_for_real(failure_of: Fails) -> None:
    assert failure_of("operations: []", UNTOUCHED, "user: да", "bot: utter_ask_code", *MERGED) is None


def test_an_action_that_ran_can_be_looked_at_with_its_arguments(failure_of: Fails) -> None:
    action = "action: {name: loyalty.merge, customer_id: c-0002, kept_last4: '3503', merged_last4: '7192'}"
    assert failure_of("user: да", action, "action: {name: loyalty.find_by_phone, phone: '+79160000002'}") is None


def test_down_accepts_nothing_that_must_be_looked_up_first(failure_of: Fails) -> None:
    lines = ("loyalty: down", "user: да", "handed_off: {reason: action_failed}", "operations: []")
    assert failure_of(*lines, "loyalty: up", UNTOUCHED) is None


@pytest.mark.parametrize("health", ["down", "slow", "garbage"])
def test_what_was_accepted_while_the_system_was_ill_is_done_once_it_is_well(failure_of: Fails, health: str) -> None:
    failure = failure_of(
        f"loyalty: {health}",
        "user: нет",
        "says: Повторите",
        "operations: [{kind: phone_block, state: waiting}]",
        "loyalty: up",
        "operations: [{kind: phone_block, state: done}]",
        'cards: {"3503": {state: blocked}, "7192": {state: blocked}}',
    )
    assert failure is None


def test_slow_is_heard_as_waiting(failure_of: Fails) -> None:
    assert failure_of("loyalty: slow", "user: нет", "bot: [utter_wait, utter_again, utter_ask_more]") is None
    assert failure_of("loyalty: down", "user: нет", "bot: [utter_again, utter_ask_more]") is None


def test_time_passes_and_a_merge_can_no_longer_be_taken_back(failure_of: Fails) -> None:
    undone = ("keys: '1234'", "bot: utter_ask_more", UNTOUCHED, "operations: [{state: undone}, {kind: merge_undo}]")
    assert failure_of("user: да", "later: 23h", *undone) is None
    late = ("keys: '1234'", "bot: [utter_again, utter_ask_more]", MERGED[0])
    refused = "operations: [{kind: merge, state: done}, {state: refused, reason: undo_window_over}]"
    assert failure_of("user: да", "later: 25h", *late, refused) is None


def test_the_clock_can_begin_anywhere(failure_of: Fails) -> None:
    beginning = DMITRY.replace("loyalty: up", 'loyalty: up\n    now: "2030-01-01 00:00"')
    assert failure_of("user: да", *MERGED, beginning=beginning) is None


def test_conversations_do_not_touch_each_other(failure_of: Fails) -> None:
    for _ in range(2):
        assert failure_of(UNTOUCHED, "user: да", *MERGED) is None


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (("operations: [{kind: merge}]",), 6, "операции не такие"),
        (("user: да", "operations: []"), 7, "операции не такие"),
        (("user: да", "operations: [{kind: merge, state: waiting}]"), 7, "операции не такие"),
        (("cards: {'3503': {points: 341}}",), 6, "карты в системе лояльности не такие"),
        (("cards: {'0000': {points: 1}}",), 6, "карты в системе лояльности не такие"),
        (("cards: {'3': {points: 1}}",), 6, "напишите больше цифр"),
        (("cards: {'3503': {point: 1}}",), 6, "Возможно, вы имели в виду «points»"),
        (("user: да", "result: one card"), 7, "выполняются сами"),
    ],
)
def test_what_does_not_hold_fails_at_its_line(
    failure_of: Fails, lines: tuple[str, ...], line: int, message: str
) -> None:
    failure = failure_of(*lines)
    assert failure is not None
    assert failure.place.line == line
    assert message in failure.message
