from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.port import TextRefused
from tts.speakable import speakable


def test_an_ordinary_prompt_is_left_as_it_is() -> None:
    prompt = "Здравствуйте! Это Юля: чем помочь? Баланс — 5 %, карта № 7…"

    assert speakable(prompt, 2000) == prompt


def test_markup_and_phoneme_codes_are_not_read_as_commands() -> None:
    assert speakable("<break time='9s'/> да [[p_:]]", 2000) == "break time='9s'/ да p_:"


def test_a_letter_repeated_without_end_is_said_once() -> None:
    assert speakable("ну" + "у" * 1000 + " да", 2000) == "ну да"


def test_stress_marks_stay_and_letters_are_composed() -> None:
    assert speakable("и\u0306од со\u0301рок", 2000) == "йод со\u0301рок"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_what_is_left_can_be_encoded_and_holds_no_control_characters(text: str) -> None:
    try:
        cleaned = speakable(text, 200)
    except TextRefused:
        return

    cleaned.encode()
    assert any(character.isalnum() for character in cleaned)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Cf") for character in cleaned)


@given(st.text(min_size=51))
def test_a_text_over_the_limit_is_refused(text: str) -> None:
    with pytest.raises(TextRefused, match="longer"):
        speakable(text, 50)
