"""Names that can be said or keyed by letters."""

from __future__ import annotations

from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.vocabulary import Ask, CallStarted, Event, Heard, KeysPressed, Turn

LETTERS = {
    letter: key
    for key, letters in {
        "2": "абвг",
        "3": "дежз",
        "4": "ийкл",
        "5": "мноп",
        "6": "рсту",
        "7": "фхцч",
        "8": "шщъы",
        "9": "ьэюя",
    }.items()
    for letter in letters
}
CARD = "7789000000002222"


def at_the_name(bundle: Bundle, *events: Event) -> Turn:
    engine = Engine(bundle)
    state, turn = engine.step(engine.begin(), CallStarted("+79160000001"))
    for event in (KeysPressed("2"), KeysPressed(CARD), KeysPressed("1"), *events):
        state, turn = engine.step(state, event)
    return turn


def asked(turn: Turn) -> Ask:
    (command,) = turn
    assert isinstance(command, Ask)
    return command


def test_the_keys_of_a_name_are_its_letters(bundle: Bundle) -> None:
    options = bundle.slots["first_name"].options
    assert len(options) > 60
    for option in options:
        spelled = option.value.lower().replace("ё", "е")
        assert option.key == "".join(LETTERS[letter] for letter in spelled), option.value
        assert option.phrases[0] == option.value.lower()


def test_the_longest_name_can_be_keyed_and_the_hash_ends_the_others(bundle: Bundle) -> None:
    keys = asked(at_the_name(bundle)).question.keys
    assert keys.max_keys == max(len(option.key or "") for option in bundle.slots["first_name"].options)
    assert keys.end_key == "#"


def test_a_name_that_was_keyed_is_read_back_like_one_that_was_said(bundle: Bundle) -> None:
    for event in (KeysPressed("2552"), KeysPressed("2552#"), Heard("анна")):
        assert asked(at_the_name(bundle, event)).prompts[0].text == "Анна, верно?"


def test_a_key_is_no_name_and_zero_is_still_the_operator(bundle: Bundle) -> None:
    assert asked(at_the_name(bundle, KeysPressed("1"))).prompts[0].id == "utter_first_name_no_match"
    assert at_the_name(bundle, KeysPressed("0"))[-1].__class__.__name__ == "HandOff"
