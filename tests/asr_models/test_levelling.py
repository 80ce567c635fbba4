from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_models.caller_level import CallerLevel
from asr_models.levelling import TARGET_DB, Amplifier, gain_db, levelled
from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import FRAME_BYTES, FRAME_SAMPLES, SILENCE_DB, level_db
from tests.asr_models.speech_samples import frames, noise, silence, spoken


def samples(pcm16: bytes) -> np.ndarray:
    return np.frombuffer(pcm16, dtype="<i2").astype(np.int16)


def loud_db(pcm16: bytes) -> float:
    """Level of the loud moments."""
    levels = [level_db(frame) for frame in frames(pcm16)]
    return float(np.quantile([level for level in levels if level > SILENCE_DB], 0.9))


@pytest.mark.parametrize("caller_db", [-45.0, -30.0, -20.0, -12.0])
def test_loud_and_quiet_callers_are_heard_at_one_level(caller_db: float) -> None:
    speech = silence(0.5) + spoken("двенадцать сорок пять семнадцать", level_db=caller_db) + silence(0.5)
    heard = levelled(samples(speech), look_ahead_frames=10).tobytes()
    assert loud_db(heard) == pytest.approx(TARGET_DB, abs=3)


def test_who_talks_behind_a_caller_stays_as_much_quieter() -> None:
    near, far = spoken("двенадцать сорок пять", level_db=-32), spoken("девятнадцать", voice="ru+f2", level_db=-46)
    heard = levelled(samples(near + silence(0.3) + far), look_ahead_frames=10).tobytes()
    behind = heard[-len(far) :]
    assert loud_db(heard) - loud_db(behind) == pytest.approx(loud_db(near + far) - loud_db(far), abs=1.5)


@given(st.one_of(st.none(), st.floats(-96, 0)))
def test_the_gain_is_bounded_for_any_level(speech_db: float | None) -> None:
    assert -20 <= gain_db(speech_db) <= 34


def test_nothing_is_changed_before_a_caller_was_heard() -> None:
    assert gain_db(None) == 0


@pytest.mark.parametrize("value", [-32768, 32767, 1, 0])
@pytest.mark.parametrize("gain", [-20.0, 0.0, 34.0])
def test_no_sample_overflows(value: int, gain: float) -> None:
    frame = np.full(FRAME_SAMPLES, value, "<i2").tobytes()
    louder = samples(Amplifier().amplified(frame, gain))
    assert len(louder) == FRAME_SAMPLES
    assert np.all(louder.astype(int) * value >= 0)


def test_a_gain_that_changes_makes_no_click() -> None:
    amplifier = Amplifier()
    frame = np.full(FRAME_SAMPLES, 1000, "<i2").tobytes()
    out = samples(b"".join(amplifier.amplified(frame, gain) for gain in (0.0, 12.0, 12.0)))
    assert np.abs(np.diff(out.astype(int))).max() < 30
    assert out[-1] == pytest.approx(1000 * 10 ** (12 / 20), abs=1)


def test_a_recording_without_speech_stays_as_it_is() -> None:
    hiss = noise(2.0, level_db=-60)
    assert levelled(samples(hiss)).tobytes() == hiss


@pytest.mark.parametrize("count", [0, 1, 159, 160, 161])
def test_recordings_of_any_length_keep_it(count: int) -> None:
    assert len(levelled(np.full(count, 5000, np.int16), look_ahead_frames=3)) == count


def test_the_gate_raises_a_quiet_caller_from_the_first_sound_on() -> None:
    gate = SpeechGate()
    audio = silence(0.5) + spoken("двенадцать", level_db=-40) + silence(0.5)
    heard = b"".join(gate.take(frame) for frame in frames(audio))
    assert loud_db(heard) == pytest.approx(TARGET_DB, abs=4)
    assert loud_db(heard[: 16 * FRAME_BYTES]) > -32  # the look-back with the first sounds, -40 dB and less as it came


@pytest.mark.parametrize(
    ("word_db", "heard_db"),
    [(-20.0, TARGET_DB), (-28.0, TARGET_DB), (-40.0, TARGET_DB - 12.0)],  # the margin of other people's talk is 12 dB
)
def test_each_utterance_is_heard_at_one_level_unless_it_is_far_below_the_caller(
    word_db: float, heard_db: float
) -> None:
    caller = CallerLevel()
    before = SpeechGate(caller=caller)
    for frame in frames(silence(0.3) + spoken("двенадцать сорок пять", level_db=-20) + silence(0.5)):
        before.take(frame)
    gate = SpeechGate(caller=caller)
    word = silence(0.3) + spoken("да", level_db=word_db) + silence(0.5)
    heard = b"".join(gate.take(frame) for frame in frames(word))
    assert loud_db(heard) == pytest.approx(heard_db, abs=5)


def test_first_sounds_are_as_loud_when_the_gate_may_open_late() -> None:
    audio = frames(silence(0.5) + spoken("двенадцать", level_db=-40) + silence(0.5))
    heard: list[bytes] = []
    for opens_at in (0, 32):  # the gate opens by itself at the 28th frame
        gate = SpeechGate()
        heard.append(b"".join(gate.take(frame, may_open=place >= opens_at) for place, frame in enumerate(audio)))
    early, late = heard
    assert early.endswith(late[len(late) - len(early) :])
