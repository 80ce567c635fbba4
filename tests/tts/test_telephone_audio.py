from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tts.fake_engine import tone
from tts.port import Speech, SpeechError
from tts.telephone_audio import (
    LEAD_SECONDS,
    PEAK_DBFS,
    TAIL_SECONDS,
    joined,
    silence,
    speech_level_dbfs,
    telephone_speech,
)

PEAK_LIMIT = 32768 * 10 ** (PEAK_DBFS / 20)


def samples(speech: Speech) -> npt.NDArray[np.int64]:
    return np.frombuffer(speech.pcm16, "<i2").astype(np.int64)


def strength(speech: Speech, frequency_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples(speech)))
    return float(spectrum[round(frequency_hz * len(samples(speech)) / speech.sample_rate_hz)])


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 24000, 44100, 48000])
def test_any_rate_becomes_telephone_rate_at_the_same_pitch_and_length(rate_hz: int) -> None:
    speech = telephone_speech(tone(1.0, rate_hz=rate_hz, frequency_hz=1000), level_dbfs=-20)

    assert speech.sample_rate_hz == 8000
    assert speech.seconds == pytest.approx(1.0 + LEAD_SECONDS, abs=0.06)
    assert strength(speech, 1000) > 100 * strength(speech, 1500)


def test_what_a_telephone_cannot_carry_does_not_fold_back_into_the_speech() -> None:
    low, high = tone(1.0, rate_hz=24000, frequency_hz=1000), tone(1.0, rate_hz=24000, frequency_hz=7000)
    mixed = Speech((samples(low) + samples(high)).astype("<i2").tobytes(), 24000)

    speech = telephone_speech(mixed, level_dbfs=-20)

    assert strength(speech, 1000) > 1000 * strength(speech, 8000 - 7000 + 500)
    # 7 kHz would appear as 1 kHz: the level tells that only one tone is there.
    alone = telephone_speech(low, level_dbfs=-20)
    assert strength(speech, 1000) == pytest.approx(strength(alone, 1000), rel=0.05)


def test_rumble_is_taken_out() -> None:
    voice, rumble = tone(1.0, frequency_hz=600, level=0.2), tone(1.0, frequency_hz=40, level=0.6)
    mixed = Speech((samples(voice) + samples(rumble)).astype("<i2").tobytes(), 16000)

    speech = telephone_speech(mixed, level_dbfs=-20)

    assert strength(speech, 600) > 30 * strength(speech, 40)


@pytest.mark.parametrize("level", [0.003, 0.05, 0.9])
def test_loud_and_quiet_sources_come_out_at_one_level(level: float) -> None:
    speech = telephone_speech(tone(1.0, level=level), level_dbfs=-20)

    assert speech_level_dbfs(speech) == pytest.approx(-20, abs=0.5)


def test_pauses_do_not_make_the_words_louder() -> None:
    word, pause = tone(0.5), Speech(bytes(2 * 16000 * 2), 16000)
    with_pause = Speech(word.pcm16 + pause.pcm16 + word.pcm16, 16000)

    assert speech_level_dbfs(telephone_speech(with_pause, level_dbfs=-20)) == pytest.approx(-20, abs=0.5)


def test_silence_around_the_words_is_trimmed_to_the_lead() -> None:
    word = tone(0.5)
    pause = bytes(2 * 16000)
    speech = telephone_speech(Speech(pause + word.pcm16 + pause, 16000), level_dbfs=-20)

    assert speech.seconds == pytest.approx(LEAD_SECONDS + 0.5 + TAIL_SECONDS, abs=0.03)
    first_sound = int(np.flatnonzero(np.abs(samples(speech)) > 500)[0]) / 8000
    assert first_sound == pytest.approx(LEAD_SECONDS, abs=0.015)


def test_a_recording_that_begins_at_once_gets_the_same_lead() -> None:
    speech = telephone_speech(tone(0.5), level_dbfs=-20)

    first_sound = int(np.flatnonzero(np.abs(samples(speech)) > 500)[0]) / 8000
    assert first_sound == pytest.approx(LEAD_SECONDS, abs=0.015)


def test_speech_begins_and_ends_without_a_click() -> None:
    noise = Speech(np.random.default_rng(1).integers(-20000, 20000, 16000).astype("<i2").tobytes(), 16000)

    heard = samples(telephone_speech(noise, level_dbfs=-12))

    assert abs(heard[0]) < 50
    assert abs(heard[-1]) < 50


@given(st.integers(0, 2**32 - 1), st.floats(-35, -10), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_nothing_ever_clips(seed: int, level_dbfs: float, spikiness: int) -> None:
    random = np.random.default_rng(seed)
    spiky = random.standard_normal(8000) ** (2 * (spikiness % 3) + 1)
    source = Speech((spiky / np.abs(spiky).max() * 32767).astype("<i2").tobytes(), 16000)

    assert np.abs(samples(telephone_speech(source, level_dbfs=level_dbfs))).max() <= PEAK_LIMIT


@pytest.mark.parametrize(
    "source",
    [Speech(b"", 16000), silence(1.0), Speech(b"\x01\x00" * 16000, 16000), tone(1.0, rate_hz=4000), Speech(b"\0\0", 0)],
    ids=["empty", "silent", "nothing but an offset", "rate too low", "no rate"],
)
def test_a_source_without_usable_sound_is_an_error(source: Speech) -> None:
    with pytest.raises(SpeechError):
        telephone_speech(source, level_dbfs=-20)


def test_joined_sentences_have_a_pause_between_them_only() -> None:
    parts = [telephone_speech(tone(0.3), level_dbfs=-20)] * 3

    assert joined(parts, pause_seconds=0.25).seconds == pytest.approx(3 * parts[0].seconds + 0.5)
    assert joined(parts[:1], pause_seconds=0.25).pcm16 == parts[0].pcm16


def test_joined_sentences_say_where_each_begins() -> None:
    short, long = (telephone_speech(tone(seconds), level_dbfs=-20) for seconds in (0.3, 0.7))

    starts = joined([short, long, short], pause_seconds=0.25).sentence_starts_seconds

    assert starts == pytest.approx((0.0, short.seconds + 0.25, short.seconds + long.seconds + 0.5))
    assert joined([short], pause_seconds=0.25).sentence_starts_seconds == (0.0,)
