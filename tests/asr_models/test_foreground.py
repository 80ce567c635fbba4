"""Who is farther away, by levels alone; with real speech: `test_speech_gate.py` and `tests/ivr/listening`."""

from __future__ import annotations

from asr_models.caller_level import CallerLevel
from asr_models.foreground import Foreground
from asr_models.settings import GateSettings

SETTINGS = GateSettings(background_margin_db=12.0, background_hold_seconds=0.3)
NEAR_DB, FAR_DB, SILENT_DB = -20.0, -40.0, -70.0
HOLD_FRAMES = 15


def known_caller(level_db: float = NEAR_DB) -> CallerLevel:
    caller = CallerLevel()
    for _ in range(50):
        caller.heard(level_db)
    return caller


def judged(foreground: Foreground, frame_db: float, count: int, *, voiced: bool = True) -> list[bool]:
    return [foreground.is_callers(frame_db, voiced=voiced) for _ in range(count)]


def test_a_call_that_begins_with_other_people_is_listened_to() -> None:
    assert all(judged(Foreground(SETTINGS, CallerLevel()), FAR_DB, 5))


def test_talk_far_behind_a_known_caller_begins_nothing() -> None:
    assert not any(judged(Foreground(SETTINGS, known_caller()), FAR_DB, 200))


def test_a_caller_who_speaks_low_after_a_silence_is_listened_to() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    judged(foreground, SILENT_DB, HOLD_FRAMES, voiced=False)
    assert all(judged(foreground, FAR_DB, 5))


def test_a_gap_between_two_words_is_no_silence() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    for _ in range(10):
        judged(foreground, SILENT_DB, HOLD_FRAMES - 1, voiced=False)
        assert not any(judged(foreground, FAR_DB, 10))


def test_a_moment_without_a_voice_in_a_crowd_is_no_silence() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    judged(foreground, FAR_DB - 3, 2 * HOLD_FRAMES, voiced=False)
    assert not any(judged(foreground, FAR_DB, 10))


def test_talk_behind_the_caller_ends_an_utterance_only_when_it_has_lasted() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    foreground.begin()
    judged(foreground, NEAR_DB, 20)
    kept = judged(foreground, FAR_DB, 40)
    assert all(kept[:HOLD_FRAMES])
    assert not any(kept[HOLD_FRAMES + 5 :])


def test_quiet_syllables_are_the_callers() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    foreground.begin()
    for _ in range(10):
        assert all(judged(foreground, NEAR_DB, 10))
        assert all(judged(foreground, FAR_DB, HOLD_FRAMES - 1))


def test_a_word_that_begins_low_after_a_pause_is_the_callers() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    foreground.begin()
    judged(foreground, NEAR_DB, 20)
    judged(foreground, SILENT_DB, HOLD_FRAMES + 5, voiced=False)
    assert all(judged(foreground, FAR_DB, HOLD_FRAMES - 5))


def test_an_utterance_that_is_quiet_as_a_whole_is_not_cut() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    judged(foreground, SILENT_DB, HOLD_FRAMES, voiced=False)
    judged(foreground, FAR_DB, 3)
    foreground.begin()
    assert all(judged(foreground, FAR_DB, 200))


def test_after_the_utterance_talk_that_goes_on_begins_no_other_one() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    foreground.begin()
    judged(foreground, NEAR_DB, 20)
    judged(foreground, FAR_DB, 40)
    foreground.end()
    assert not any(judged(foreground, FAR_DB, 100))
    assert all(judged(foreground, NEAR_DB, 5)[2:])


def test_it_is_known_how_long_nobody_was_as_loud_as_the_caller() -> None:
    foreground = Foreground(SETTINGS, known_caller())
    judged(foreground, NEAR_DB, 10)
    assert foreground.quiet_frames == 0
    judged(foreground, FAR_DB, 50)
    assert 45 <= foreground.quiet_frames <= 50


def test_what_is_not_voiced_is_nobodys_however_loud() -> None:
    assert not any(judged(Foreground(SETTINGS, CallerLevel()), NEAR_DB, 20, voiced=False))


def test_the_loudest_speech_of_a_question_is_known_and_a_noise_is_no_speech() -> None:
    foreground = Foreground(SETTINGS, known_caller(FAR_DB))
    judged(foreground, FAR_DB, 5)
    assert foreground.spoken_db is None, "no utterance has begun"
    foreground.begin()
    judged(foreground, FAR_DB, 10)
    foreground.end()
    foreground.begin()
    judged(foreground, FAR_DB + 10, 10)
    judged(foreground, NEAR_DB, 5, voiced=False)
    assert foreground.spoken_db is not None
    assert FAR_DB + 9 < foreground.spoken_db < FAR_DB + 12


def heard_before(foreground: Foreground, level_db: float, count: int) -> None:
    foreground.begin()
    judged(foreground, level_db, count)


def test_who_begins_much_nearer_than_those_before_stands_out() -> None:
    foreground = Foreground(SETTINGS, CallerLevel())
    heard_before(foreground, FAR_DB, 100)
    assert not foreground.stands_out

    judged(foreground, NEAR_DB, 5)

    assert foreground.stands_out
    assert foreground.before_db < FAR_DB + 1


def test_a_slammed_door_is_nobody_nearer() -> None:
    foreground = Foreground(SETTINGS, CallerLevel())
    heard_before(foreground, FAR_DB, 100)
    judged(foreground, NEAR_DB, 5, voiced=False)
    assert not foreground.stands_out


def test_a_caller_who_gets_louder_bit_by_bit_stays_the_same() -> None:
    foreground = Foreground(SETTINGS, CallerLevel())
    foreground.begin()
    for step in range(200):
        judged(foreground, FAR_DB + step / 8, 1)
        assert not foreground.stands_out


def test_the_low_beginning_of_a_word_is_part_of_it() -> None:
    foreground = Foreground(SETTINGS, CallerLevel())
    heard_before(foreground, FAR_DB, 25)
    judged(foreground, NEAR_DB, 10)
    assert not foreground.stands_out


def test_an_utterance_begins_with_nobody_before_it() -> None:
    foreground = Foreground(SETTINGS, CallerLevel())
    heard_before(foreground, FAR_DB, 100)
    foreground.end()
    heard_before(foreground, NEAR_DB, 5)
    assert not foreground.stands_out
