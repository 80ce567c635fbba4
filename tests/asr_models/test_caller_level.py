from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from asr_models.caller_level import CallerLevel


def heard(*levels_db: float, count: int = 1) -> CallerLevel:
    """Return what is known after a run of frames of each level."""
    level = CallerLevel()
    for level_db in levels_db:
        for _ in range(count):
            level.heard(level_db)
    return level


def test_nothing_is_known_before_anything_was_heard() -> None:
    assert CallerLevel().speech_db is None


def test_it_is_the_level_of_loud_vowels_and_not_of_quiet_consonants() -> None:
    assert heard(-40.0, -45.0, -50.0, -25.0, count=12).speech_db == -25.0


def test_a_loud_noise_is_not_taken_for_the_caller() -> None:
    level = heard(-30.0, count=120)
    for frame_db in (*[-5.0] * 8, *[-30.0] * 5):
        level.heard(frame_db)
    assert level.speech_db == -30.0


def test_a_caller_who_speaks_up_is_believed_at_the_second_frame() -> None:
    level = heard(-40.0, count=200)
    level.heard(-20.0)
    assert level.speech_db == -40.0
    level.heard(-20.0)
    assert level.speech_db == -23.0


def test_the_first_vowel_is_believed_at_once() -> None:
    assert heard(-50.0, -45.0, -40.0, -20.0).speech_db == -20.0


def test_a_caller_who_speaks_lower_now_is_known_after_some_seconds() -> None:
    assert heard(-20.0, -28.0, count=300).speech_db == -28.0


def test_a_crowd_behind_a_silent_caller_is_not_taken_for_them_for_long() -> None:
    level = heard(-20.0, count=50)
    for _ in range(500):  # 10 s
        level.heard(-35.0)
    assert level.speech_db == -20.0
    for _ in range(1000):  # nobody else is there, after all
        level.heard(-35.0)
    assert level.speech_db == -35.0


@settings(deadline=None)
@given(st.lists(st.floats(-96, 0), min_size=1, max_size=500))
def test_it_is_never_outside_what_was_heard(levels_db: list[float]) -> None:
    speech_db = heard(*levels_db).speech_db
    assert speech_db is not None
    assert min(levels_db) <= speech_db <= max(levels_db)


def test_words_tell_the_caller_from_a_crowd_that_was_heard_before() -> None:
    level = heard(-35.0, count=300)
    level.spoke(-20.0)
    for _ in range(500):
        level.heard(-35.0)
    assert level.speech_db == -20.0


def test_words_long_ago_tell_nothing() -> None:
    level = heard(-35.0, count=300)
    level.spoke(-20.0)
    for _ in range(1501):
        level.heard(-35.0)
    assert level.speech_db == -35.0


def test_the_newest_words_count() -> None:
    level = heard(-35.0, count=300)
    level.spoke(-10.0)
    level.spoke(-25.0)
    assert level.speech_db == -25.0
