from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Одну секунду.", ["Одну секунду."]),
        ("Здравствуйте! Это Юля. Чем помочь?", ["Здравствуйте!", "Это Юля.", "Чем помочь?"]),
        ("Что?! Повторите… Не слышу.", ["Что?!", "Повторите…", "Не слышу."]),
        ("«Стойте!» сказал он. Да.", ["«Стойте!» сказал он.", "Да."]),
        ("Магазин на ул. Ленина, д. 5. Ждём вас.", ["Магазин на ул. Ленина, д. 5.", "Ждём вас."]),
        ("Карту оформил И. И. Иванов. Верно?", ["Карту оформил И. И. Иванов.", "Верно?"]),
        ("Скидка 1.5 процента до 12.05. Спасибо.", ["Скидка 1.5 процента до 12.05.", "Спасибо."]),
        ("Баллы сгорят. 5 мая.", ["Баллы сгорят.", "5 мая."]),
        ("без точки в конце", ["без точки в конце"]),
        ("... !!! —", []),
        ("", []),
    ],
)
def test_a_prompt_is_cut_where_a_speaker_would_stop(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet="абвАБВ .,!?…«»5\n", max_size=80))
def test_no_letter_or_digit_is_lost_or_moved(text: str) -> None:
    kept = [character for character in " ".join(sentences(text)) if character.isalnum()]

    assert kept == [character for character in text if character.isalnum()]
