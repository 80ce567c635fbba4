from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from asr_models.voicing import periodicity
from tests.asr_models.speech_samples import noise, silence, spoken, tones

STRETCH_BYTES = 640


def stretches(audio: bytes) -> list[float]:
    return [
        periodicity(samples(audio[start : start + STRETCH_BYTES]))
        for start in range(0, len(audio) - STRETCH_BYTES, STRETCH_BYTES // 2)
    ]


def samples(pcm16: bytes) -> npt.NDArray[np.float32]:
    return np.frombuffer(pcm16, "<i2").astype(np.float32)


@pytest.mark.parametrize("voice", ["ru", "ru+f2", "ru+m3", "ru+f5", "ru+m7"])
@pytest.mark.parametrize("word", ["да", "пять", "шесть", "оператор"])
def test_a_spoken_word_has_a_pitch(voice: str, word: str) -> None:
    assert sum(value >= 0.4 for value in stretches(spoken(word, voice=voice))) >= 2


def test_noise_has_none() -> None:
    assert max(stretches(noise(3.0, level_db=-20))) < 0.4


@pytest.mark.parametrize("pitch_hz", [75, 120, 220, 390])
def test_every_pitch_of_a_human_voice_is_found(pitch_hz: int) -> None:
    assert min(stretches(tones((pitch_hz, 2 * pitch_hz, 3 * pitch_hz), 0.3))) > 0.8


def test_silence_has_none() -> None:
    assert max(stretches(silence(0.5))) == 0.0
