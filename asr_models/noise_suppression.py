"""Steady noise taken out of a caller's audio before it is recognised, frame by frame.

A Wiener filter by the decision-directed signal-to-noise ratio (Ephraim, Malah 1984), the noise followed by the minima
of its smoothed spectrum (Martin 2001). Made for a recogniser, not for ears: a quarter of the noise stays, since weak
consonants are worth more than silence between words (measured: docs/adr/0020-noise-suppression.md).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asr_models.port import SAMPLE_RATE_HZ

FRAME_SAMPLES = SAMPLE_RATE_HZ // 50
DELAY_FRAMES = 1
"""What comes out of a frame is the frame before."""

_WARM_UP_FRAMES = 5  # until then nothing is taken out: what is heard first may be speech
_MEMORY_FRAMES = 75  # speech leaves a gap in every band at least once in 1.5 s
_SMOOTHING = np.float32(0.7)
_NOISE_BIAS = np.float32(1.6)  # minima lie below the mean
_DECISION_WEIGHT = np.float32(0.96)
_LEAST_GAIN = np.float32(0.25)
_WINDOW = np.sqrt(np.hanning(2 * FRAME_SAMPLES + 1)[:-1]).astype(np.float32)  # squared and overlapped it sums to 1
_BINS = FRAME_SAMPLES + 1
_TINY = np.float32(1e-3)

Floats = npt.NDArray[np.float32]


class NoiseSuppressor:
    """One line's noise, and what is left without it. Constant time and memory a frame."""

    def __init__(self) -> None:
        self._before = np.zeros(FRAME_SAMPLES, np.float32)
        self._overlap = np.zeros(FRAME_SAMPLES, np.float32)
        self._smoothed = np.zeros(_BINS, np.float32)
        self._memory = np.zeros((_MEMORY_FRAMES, _BINS), np.float32)
        self._cleaned_ratio = np.ones(_BINS, np.float32)  # of the frame before: what was left, over the noise
        self._frames = 0

    def process(self, pcm16: bytes) -> bytes:
        """Take a 20 ms frame (16-bit samples at 8 kHz); return the frame before, without its noise."""
        samples = np.frombuffer(pcm16, dtype="<i2").astype(np.float32)
        spectrum = np.fft.rfft(np.concatenate([self._before, samples]) * _WINDOW)
        self._before = samples
        cleaned = np.fft.irfft(spectrum * self._gain(np.abs(spectrum).astype(np.float32) ** 2)).astype(np.float32)
        cleaned *= _WINDOW
        out = self._overlap + cleaned[:FRAME_SAMPLES]
        self._overlap = cleaned[FRAME_SAMPLES:]
        whole = np.clip(np.rint(out), -32768, 32767).astype("<i2")
        return bytes(whole.data)

    def _gain(self, power: Floats) -> Floats:
        if self._frames == 0:
            self._smoothed = power
        self._smoothed = _SMOOTHING * self._smoothed + (1 - _SMOOTHING) * power
        self._memory[self._frames % _MEMORY_FRAMES] = self._smoothed
        self._frames += 1
        noise = self._memory[: self._frames].min(axis=0) * _NOISE_BIAS + _TINY
        ratio = power / noise
        prior = _DECISION_WEIGHT * self._cleaned_ratio + (1 - _DECISION_WEIGHT) * np.maximum(ratio - 1, 0)
        gain = np.maximum(prior / (1 + prior), _LEAST_GAIN)
        self._cleaned_ratio = gain * gain * ratio
        return gain if self._frames > _WARM_UP_FRAMES else np.ones_like(gain)


def suppressed(pcm16: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Clean a whole recording, without the delay."""
    suppressor = NoiseSuppressor()
    padded = np.concatenate([pcm16, np.zeros(-len(pcm16) % FRAME_SAMPLES + FRAME_SAMPLES, np.int16)]).astype("<i2")
    frames = (suppressor.process(frame.tobytes()) for frame in padded.reshape(-1, FRAME_SAMPLES))
    return np.frombuffer(b"".join(frames), dtype="<i2")[FRAME_SAMPLES : FRAME_SAMPLES + len(pcm16)].astype(np.int16)
