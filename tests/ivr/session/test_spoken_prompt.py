from __future__ import annotations

import pytest

from dialogs.engine.vocabulary import Prompt
from ivr.session.spoken_prompt import SHORT_HOLD_SECONDS, SpokenPrompt
from tests.asr_models.speech_samples import silence, tones
from tts.port import Speech
from tts.telephone_audio import joined

TEXT = "Узнать баллы — один. Оператор — ноль. Повторить — звёздочка."
LONG_HOLD_SECONDS = 2 * SHORT_HOLD_SECONDS


def sound(seconds: float) -> bytes:
    return tones((300, 500), seconds)


def sentence(*parts: bytes) -> Speech:
    return Speech(b"".join(parts), 8000)


def spoken() -> SpokenPrompt:
    """Speak three sentences of 2 s, from 0, 2.5 and 5 s, each with a pause in the middle."""
    one = sentence(sound(0.95), silence(0.1), sound(0.95))
    return SpokenPrompt(Prompt("utter_menu", TEXT), joined([one, one, one], pause_seconds=0.5))


@pytest.mark.parametrize(
    ("heard_seconds", "text"),
    [
        (0.0, ""),
        (0.1, ""),
        (0.9, "Узнать…"),
        (1.5, "Узнать баллы…"),
        (2.2, "Узнать баллы — один. …"),
        (2.6, "Узнать баллы — один. …"),
        (4.0, "Узнать баллы — один. Оператор…"),
        (6.8, "Узнать баллы — один. Оператор — ноль. Повторить…"),
        (6.95, TEXT),
        (7.0, TEXT),
    ],
)
def test_the_text_ends_where_it_was_cut(heard_seconds: float, text: str) -> None:
    prompt = spoken()
    prompt.played_to(heard_seconds)
    assert prompt.heard_text == text


def test_what_is_said_again_does_not_take_back_what_was_heard() -> None:
    prompt = spoken()
    prompt.played_to(4.0)
    prompt.played_to(2.5)
    assert prompt.heard_text == "Узнать баллы — один. Оператор…"


def test_the_pause_behind_a_prompt_is_no_part_of_it() -> None:
    prompt = spoken()
    prompt.played_to(30.0)
    assert prompt.heard_seconds == prompt.speech.seconds


def test_words_of_a_recording_are_found_by_its_length() -> None:
    prompt = SpokenPrompt(Prompt("utter_menu", TEXT, recorded="menu"), sentence(sound(6.0)))
    prompt.played_to(3.0)
    assert prompt.heard_text == "Узнать баллы — один. Оператор…"


@pytest.mark.parametrize(("cut_seconds", "begins"), [(0.5, 0.0), (2.3, 0.0), (2.6, 2.5), (4.4, 2.5), (6.8, 5.0)])
def test_a_cut_prompt_goes_on_from_the_cut_sentence(cut_seconds: float, begins: float) -> None:
    assert spoken().place_to_go_on(cut_seconds, LONG_HOLD_SECONDS) == begins


@pytest.mark.parametrize(("cut_seconds", "begins"), [(0.5, 0.0), (1.5, 1.05), (3.2, 2.5), (4.4, 3.55)])
def test_after_a_short_silence_it_goes_on_from_the_last_pause(cut_seconds: float, begins: float) -> None:
    assert spoken().place_to_go_on(cut_seconds, SHORT_HOLD_SECONDS / 2) == pytest.approx(begins, abs=0.02)


def test_with_all_but_its_last_moment_heard_nothing_is_said_again() -> None:
    assert spoken().place_to_go_on(6.95, LONG_HOLD_SECONDS) == 6.95


def test_a_recording_goes_on_from_a_pause_as_long_as_one_between_sentences() -> None:
    speech = sentence(sound(1.0), silence(0.1), sound(1.0), silence(0.4), sound(1.0), silence(0.1), sound(1.0))
    prompt = SpokenPrompt(Prompt("utter_menu", TEXT, recorded="menu"), speech)
    assert prompt.place_to_go_on(4.0, LONG_HOLD_SECONDS) == pytest.approx(2.5, abs=0.02)
    assert prompt.place_to_go_on(2.0, LONG_HOLD_SECONDS) == 0.0


def test_silence_has_a_beginning_too() -> None:
    prompt = SpokenPrompt(Prompt("utter_nothing", "…"), Speech(silence(0.5), 8000))
    assert prompt.place_to_go_on(0.2, 0.0) == 0.0
