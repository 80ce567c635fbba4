"""Any sequence of events, in any state: a command at the end of each turn, and a state that survives its saving."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import MAX_TURNS, Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    Ask,
    CallStarted,
    Event,
    HandOff,
    HangUp,
    Heard,
    HearingFailed,
    HungUp,
    Intent,
    KeysPressed,
    NothingHeard,
    Resumed,
    RunAction,
    Say,
    Turn,
    Understand,
    Understood,
)
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.example_results import RESULTS

BUNDLE = load_bundle(BUNDLED_FOLDER)
ACTIONS = [*BUNDLE.actions, "no.such_action"]
SPEECH = [
    "баланс",
    "да",
    "нет",
    "повторите",
    "оператор",
    "семьдесят семь восемьдесят девять ноль ноль ноль ноль ноль ноль ноль ноль двадцать два двадцать два",
    "семьдесят семь восемьдесят девять, 1773 двадцать пять девяносто шесть, семьдесят один сорок семь",
    "нет во второй группе двадцать пять семьдесят три",
    "нет ноль пять ноль пять",
    "вторая группа",
    "не семнадцать а двадцать пять",
    "двенадцать ноль пять тысяча девятьсот восемьдесят пять",
    "сколько там у меня накопилось",
    "подождите",
    "назад",
    "отмена",
    "нет не баланс а заблокировать",
    "[unk]",
    "",
]
INTENTS = [
    *(trigger.intent for flow in BUNDLE.flows.values() for trigger in flow.triggers),
    "operator",
    "repeat",
    "cancel",
    "affirm",
    "deny",
    "out_of_scope",
    "no_such_intent",
]
KEYS = ["1", "2", "0", "*", "#", "", "7789000000002222", "12051985", "99"]

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
# what a call is made of, more often than the rest
likely: st.SearchStrategy[Event] = (
    st.sampled_from(SPEECH).map(Heard)
    | st.sampled_from(KEYS).map(KeysPressed)
    | st.just(NothingHeard())
    | st.lists(st.builds(Intent, st.sampled_from(INTENTS), st.floats(0, 1)), max_size=4).map(tuple).map(Understood)
    | st.builds(ActionDone, st.sampled_from(ACTIONS), st.sampled_from(list(RESULTS.values())))
)
events: st.SearchStrategy[Event] = likely | st.one_of(
    st.builds(
        CallStarted, st.none() | st.just("+79160000001"), st.dictionaries(st.text(max_size=5), plain, max_size=2)
    ),
    st.builds(Heard, st.text(max_size=40), st.floats(0, 1), st.lists(st.text(max_size=20), max_size=3).map(tuple)),
    st.builds(KeysPressed, st.text("0123456789*#", max_size=30)),
    st.just(HearingFailed()),
    st.builds(ActionDone, st.sampled_from(ACTIONS), st.dictionaries(st.text(max_size=8), plain, max_size=3)),
    st.builds(
        ActionFailed, st.sampled_from(ACTIONS), st.sampled_from(["unavailable", "timeout", "garbage", "internal"])
    ),
    st.just(Resumed()),
    st.just(HungUp()),
)


def check_turn(turn: Turn) -> None:
    *before, last = turn
    assert all(isinstance(command, Say) and command.prompts for command in before)
    assert isinstance(last, Ask | Understand | RunAction | HandOff | HangUp)
    if isinstance(last, Ask):
        assert last.prompts
        assert all(prompt.text for prompt in last.prompts)


@given(st.lists(events, max_size=30))
@settings(max_examples=300, deadline=None)
def test_every_event_in_every_state_ends_in_a_command_and_nothing_breaks(happening: list[Event]) -> None:
    faults: list[Exception] = []
    engine = Engine(BUNDLE, lambda error, event: faults.append(error))
    state, hung_up = engine.begin(), False
    for event in [CallStarted("+79160000001"), *happening]:
        hung_up = hung_up or isinstance(event, HungUp)
        before = state
        state, turn = engine.step(state, event)
        assert engine.step(before, event) == (state, turn), "the same event in the same state gives the same turn"
        assert DialogueState.from_bytes(state.to_bytes()) == state
        assert len(state.to_bytes()) < 20_000
        if hung_up:
            assert turn == ()
        else:
            check_turn(turn)
    assert faults == []


@given(events)
@settings(max_examples=50, deadline=None)
def test_a_call_may_begin_with_any_event(first: Event) -> None:
    engine = Engine(BUNDLE)
    _, turn = engine.step(engine.begin(), first)
    if not isinstance(first, HungUp):
        check_turn(turn)


@given(st.lists(events, max_size=12), events)
@settings(max_examples=100, deadline=None)
def test_an_operator_is_one_word_away_from_every_question(happening: list[Event], last: Event) -> None:
    engine = Engine(BUNDLE)
    state, turn = engine.step(engine.begin(), CallStarted(None))
    for event in [*happening, last]:
        state, turn = engine.step(state, event)
    if turn and isinstance(turn[-1], Ask):
        for word in (Heard("оператор"), KeysPressed("0")):
            _, answer = engine.step(state, word)
            assert isinstance(answer[-1], HandOff)
            assert answer[-1].reason == "asked"


@given(st.lists(events, max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_silent_caller_gets_to_an_end_within_six_silences(happening: list[Event]) -> None:
    engine = Engine(BUNDLE)
    state, turn = engine.step(engine.begin(), CallStarted(None))
    for event in happening:
        state, turn = engine.step(state, event)
    for _ in range(6):
        if turn and isinstance(turn[-1], RunAction):
            state, turn = engine.step(state, ActionFailed(turn[-1].action, "timeout"))
        elif turn and isinstance(turn[-1], Understand):
            state, turn = engine.step(state, Understood())
        else:
            state, turn = engine.step(state, NothingHeard())
    assert turn == () or isinstance(turn[-1], HandOff | HangUp)


def test_a_caller_who_only_ever_says_repeat_reaches_an_agent_in_the_end(bundle: Bundle) -> None:
    engine = Engine(bundle)
    state, turn = engine.step(engine.begin(), CallStarted(None))
    for _ in range(MAX_TURNS):
        state, turn = engine.step(state, Heard("повторите"))
    assert isinstance(turn[-1], HandOff)
    assert turn[-1].reason == "no_match"
