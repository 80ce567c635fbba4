from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState, Frame, Mode, Source, StateUnreadable
from dialogs.engine.vocabulary import (
    ActionDone,
    Ask,
    CallStarted,
    Event,
    HandOff,
    Heard,
    HearingFailed,
    HungUp,
    KeysPressed,
    NothingHeard,
    RunAction,
    Say,
    Turn,
)
from dialogs.talks.example_results import RESULTS

CARD = "семьдесят семь восемьдесят девять ноль ноль ноль ноль ноль ноль ноль ноль двадцать два двадцать два"


def after(bundle: Bundle, *events: Event, caller: str | None = "+79160000001") -> tuple[DialogueState, Turn]:
    engine = Engine(bundle)
    state, turn = engine.step(engine.begin(), CallStarted(caller))
    for event in events:
        state, turn = engine.step(state, event)
    return state, turn


def test_a_slot_remembers_where_its_value_came_from(bundle: Bundle) -> None:
    state, _ = after(bundle, Heard("баланс", 0.8), Heard(CARD, 0.7), Heard("да"), caller=None)
    card = state.slots["card_number"]
    assert (card.value, card.source, card.confidence, card.confirmed) == ("7789000000002222", Source.VOICE, 0.7, True)
    state, _ = after(bundle, Heard("баланс"), KeysPressed("7789000000002222"), caller=None)
    assert state.slots["card_number"].source is Source.KEYS
    assert after(bundle)[0].slots["caller_number"].source is Source.NUMBER


def test_an_alternative_is_taken_when_the_best_hypothesis_says_nothing(bundle: Bundle) -> None:
    _, turn = after(bundle, Heard("[unk]", 0.9, ("аванс", "баланс")))
    assert isinstance(turn[-1], RunAction)


def test_card_and_birth_date_are_forgotten_once_they_have_done_their_work(bundle: Bundle) -> None:
    state, _ = after(
        bundle,
        Heard("баланс"),
        KeysPressed("7789000000002222"),
        KeysPressed("12051985"),
        ActionDone("loyalty.find_by_card", RESULTS["one card"]),
        caller=None,
    )
    assert "card_number" not in state.slots
    assert "birth_date" not in state.slots
    assert state.slots["customer_id"].value == "c-1"
    assert "7789000000002222" not in state.to_bytes().decode()


def test_what_shows_a_card_in_full_is_marked_sensitive(bundle: Bundle) -> None:
    _, turn = after(bundle, Heard("баланс"), Heard(CARD), caller=None)
    (ask,) = turn
    assert isinstance(ask, Ask)
    assert [prompt.sensitive for prompt in ask.prompts] == [True]
    _, turn = after(bundle, Heard("баланс"), caller=None)
    assert isinstance(turn[-1], Ask)
    assert turn[-1].question.sensitive
    _, turn = after(bundle, Heard("баланс"), ActionDone("loyalty.find_by_phone", RESULTS["one card"]))
    assert not any(prompt.sensitive for command in turn if isinstance(command, Say | Ask) for prompt in command.prompts)


def test_zero_is_a_lone_key_only_where_no_answer_begins_with_it(bundle: Bundle) -> None:
    _, menu = after(bundle)
    _, card = after(bundle, Heard("баланс"), caller=None)
    _, birth = after(bundle, Heard("баланс"), KeysPressed("7789000000002222"), caller=None)
    lone = [turn[-1].question.keys.lone_keys for turn in (menu, card, birth) if isinstance(turn[-1], Ask)]
    assert lone == ["0*", "0*", "*"]


def test_keys_only_questions_have_no_phrases(bundle: Bundle) -> None:
    state, turn = after(bundle, HearingFailed())
    assert state.mode is Mode.KEYS
    assert isinstance(turn[-1], Ask)
    assert turn[-1].question.phrases == ()
    assert turn[-1].question.meanings == ()


def test_a_long_number_is_waited_for_longer_than_a_choice(bundle: Bundle) -> None:
    _, menu = after(bundle)
    _, card = after(bundle, Heard("баланс"), caller=None)
    assert isinstance(menu[-1], Ask)
    assert isinstance(card[-1], Ask)
    assert card[-1].question.limits.incomplete_seconds > menu[-1].question.limits.incomplete_seconds
    assert card[-1].question.digit_lengths == (16,)
    assert card[-1].question.digit_prefixes == ("7789",)
    assert card[-1].question.digit_check == "luhn"


def test_a_late_result_does_not_disturb_a_question(bundle: Bundle) -> None:
    before, asked = after(bundle)
    state, turn = Engine(bundle).step(before, ActionDone("loyalty.find_by_phone", RESULTS["one card"]))
    assert turn[-1] == asked[-1]
    assert state.slots == before.slots


def test_misses_are_counted_per_question_and_kind(bundle: Bundle) -> None:
    state, _ = after(bundle, NothingHeard(), Heard("[unk]"))
    assert (state.misses["menu/ask"].no_input, state.misses["menu/ask"].no_match) == (1, 1)


def test_a_state_of_another_bundle_goes_to_an_agent_with_an_apology(bundle: Bundle) -> None:
    state, _ = after(bundle, Heard("баланс"))
    foreign = replace(state, bundle="0" * 64, frames=(Frame("gone", "step"),))
    faults: list[Exception] = []
    _, turn = Engine(bundle, lambda error, event: faults.append(error)).step(foreign, NothingHeard())
    assert isinstance(turn[0], Say)
    assert turn[0].prompts[0].id == "utter_internal_error"
    assert isinstance(turn[-1], HandOff)
    assert turn[-1].reason == "internal_error"
    assert len(faults) == 1


def test_after_a_hang_up_there_is_nothing_to_do(bundle: Bundle) -> None:
    state, turn = after(bundle, HungUp(), Heard("баланс"))
    assert turn == ()
    assert state.hung_up


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"version":99}', b"\xff", b'{"version":1,"bundle":1}'])
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(StateUnreadable):
        DialogueState.from_bytes(data)


def test_a_state_with_an_unknown_slot_source_is_refused(bundle: Bundle) -> None:
    data = after(bundle)[0].to_bytes().replace(b'"source":"number"', b'"source":"rumour"')
    with pytest.raises(StateUnreadable):
        DialogueState.from_bytes(data)


def test_prompts_that_never_change_can_be_spoken_beforehand(bundle: Bundle) -> None:
    prompts = {prompt.id: prompt for prompt in bundle.static_prompts()}
    assert prompts["utter_greeting"].text.startswith("Здравствуйте! Я Юля")
    assert "utter_balance_one_card" not in prompts
    assert all("{" not in prompt.text for prompt in prompts.values())


def test_what_a_step_says_was_done_takes_the_place_of_the_task(bundle: Bundle) -> None:
    state, _ = after(
        bundle,
        KeysPressed("4"),
        ActionDone("loyalty.find_by_phone", RESULTS["one card"]),
        KeysPressed("2"),
    )
    assert state.done == ("Карта не заблокирована: звонящий передумал",)
    assert state.left == ()
    state, _ = after(bundle, KeysPressed("1"), ActionDone("loyalty.find_by_phone", RESULTS["one card"]))
    assert state.done == ("Узнать баланс баллов",)
