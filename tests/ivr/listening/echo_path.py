"""How a prompt comes back from a caller's telephone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asr_models.port import SAMPLE_RATE_HZ
from tests.asr_models.speech_samples import FRAME_BYTES, frames, spoken

PROMPT = spoken(
    "Здравствуйте! Чем помочь? Узнать баллы — скажите «баланс» или нажмите один. Оператор — ноль.",
    voice="ru+f3",
    words_per_minute=150,
    level_db=-22,
)
_BAND_HZ = (350, 3000)


def hybrid(delay_ms: int, loss_db: float) -> npt.NDArray[np.float64]:
    """Return the impulse response of a two-wire line's hybrid: short and coloured."""
    taps = np.random.default_rng(1).normal(size=64) * np.exp(-np.arange(64) / 12)
    return _at(delay_ms, taps, loss_db)


def speakerphone(delay_ms: int, loss_db: float) -> npt.NDArray[np.float64]:
    """Return the impulse response of a loudspeaker and a microphone in a room."""
    length = SAMPLE_RATE_HZ // 4
    taps = 0.3 * np.random.default_rng(2).normal(size=length) * np.exp(-np.arange(length) / (0.05 * SAMPLE_RATE_HZ))
    taps[0] = 1.5
    return _at(delay_ms, taps, loss_db)


def echo_of(audio: bytes, path: npt.NDArray[np.float64]) -> bytes:
    """Return what comes back of some audio, as long as that."""
    samples = np.frombuffer(audio, "<i2").astype(np.float64)
    size = 1 << (len(samples) + len(path)).bit_length()
    returned = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(path, size))[: len(samples)]
    return np.clip(returned, -32768, 32767).astype("<i2").tobytes()


def in_frames(audio: bytes) -> list[bytes]:
    """Cut audio into whole frames."""
    return list(frames(audio[: len(audio) // FRAME_BYTES * FRAME_BYTES]))


def _at(delay_ms: int, taps: npt.NDArray[np.float64], loss_db: float) -> npt.NDArray[np.float64]:
    path = np.concatenate([np.zeros(delay_ms * SAMPLE_RATE_HZ // 1000), taps])
    spectrum = np.fft.rfft(path, 2 * len(path))
    hertz = np.fft.rfftfreq(2 * len(path), 1 / SAMPLE_RATE_HZ)
    spectrum[(hertz < _BAND_HZ[0]) | (hertz > _BAND_HZ[1])] *= 0.1
    path = np.fft.irfft(spectrum)[: len(path)]
    loud, returned = (np.frombuffer(each, "<i2").astype(np.float64) for each in (PROMPT, echo_of(PROMPT, path)))
    return np.asarray(path * np.sqrt(np.mean(loud**2) / np.mean(returned**2)) * 10 ** (-loss_db / 20))
