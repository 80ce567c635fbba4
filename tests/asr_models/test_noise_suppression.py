from __future__ import annotations

import numpy as np
import pytest

from asr_models.noise_suppression import DELAY_FRAMES, FRAME_SAMPLES, NoiseSuppressor, suppressed
from asr_models.settings import GateSettings
from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import level_db
from tests.asr_models.speech_samples import frames, noise, silence, spoken


def samples(pcm16: bytes) -> np.ndarray:
    return np.frombuffer(pcm16, dtype="<i2").astype(np.float64)


def test_steady_noise_becomes_twelve_decibels_quieter() -> None:
    heard = noise(3.0, level_db=-40)
    cleaned = suppressed(samples(heard).astype(np.int16)).tobytes()
    assert level_db(cleaned[16000:]) == pytest.approx(level_db(heard[16000:]) - 11, abs=2)


def test_speech_on_a_quiet_line_stays_as_it_is() -> None:
    speech = silence(0.5) + spoken("двенадцать сорок пять") + silence(0.5)
    before = samples(speech)
    after = suppressed(before.astype(np.int16)).astype(np.float64)
    assert ((before - after) ** 2).sum() < 0.02 * (before**2).sum()


def test_speech_in_noise_stands_out_further_than_before() -> None:
    speech = samples(spoken("двенадцать сорок пять"))
    quiet = np.zeros(12000)
    hiss = samples(noise((len(speech) + 12000) / 8000, level_db=-45))[: len(speech) + 12000]
    mixed = np.concatenate([quiet, speech]) + hiss
    cleaned = suppressed(mixed.astype(np.int16)).astype(np.float64)

    def ratio(heard: np.ndarray) -> float:
        return float(10 * np.log10((heard[12000:] ** 2).mean() / (heard[4000:12000] ** 2).mean()))

    assert ratio(cleaned) > ratio(mixed) + 6


def test_what_comes_out_is_the_frame_before() -> None:
    suppressor = NoiseSuppressor()
    tone = np.rint(8000 * np.sin(2 * np.pi * 440 * np.arange(FRAME_SAMPLES * 4) / 8000)).astype("<i2")
    out = [suppressor.process(frame) for frame in frames(tone.tobytes())]
    first = samples(out[DELAY_FRAMES])
    assert np.abs(first - tone[:FRAME_SAMPLES]).max() < 2000  # its first half is faded in with what was before the call
    assert np.abs(samples(out[2]) - tone[FRAME_SAMPLES : 2 * FRAME_SAMPLES]).max() <= 1


@pytest.mark.parametrize("level", [0, 1, -32768, 32767])
def test_any_constant_comes_out_without_overflow(level: int) -> None:
    frame = np.full(FRAME_SAMPLES, level, "<i2").tobytes()
    suppressor = NoiseSuppressor()
    for _ in range(200):
        assert len(suppressor.process(frame)) == len(frame)


def test_the_gate_gives_what_it_heard_when_nothing_is_to_be_taken_out() -> None:
    audio = silence(0.5) + spoken("да") + silence(0.5)
    as_heard, cleaned = (
        b"".join(gate.take(frame) for frame in frames(audio))
        for gate in (SpeechGate(GateSettings(noise_suppression=False)), SpeechGate())
    )
    assert as_heard in audio
    assert len(cleaned) == len(as_heard)
    assert cleaned != as_heard
