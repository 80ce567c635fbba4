"""Faster and slower speech: with the formants (resampling) or without (overlap and add), and where each moment went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]
_FRAME = 240  # 30 ms at 8 kHz
_HOP = _FRAME // 2
_SEARCH = 60  # 7.5 ms each way: a period of the deepest voice in all


@dataclass(frozen=True, slots=True)
class TimeMap:
    """Where the moments of a sound went, in seconds; linear between the points."""

    before: NDArray[np.float64]
    after: NDArray[np.float64]

    def __call__(self, seconds: float) -> float:
        """Map one moment; beyond the last point time goes on as it did."""
        if seconds > self.before[-1]:
            return float(self.after[-1] + seconds - self.before[-1])
        return float(np.interp(seconds, self.before, self.after))


def with_speed(samples: Samples, rate_hz: int, speed: float, new_rate_hz: int) -> Samples:
    """Resample, and play faster by a factor: pitch and formants rise, all times are divided by it."""
    if len(samples) == 0:
        return samples
    return np.asarray(soxr.resample(samples, rate_hz * speed, new_rate_hz), np.float32)


def with_tempo(samples: Samples, tempo: float, rate_hz: int) -> tuple[Samples, TimeMap]:
    """Speak faster by a factor and keep pitch and formants.

    WSOLA: W. Verhelst, M. Roelands, "An overlap-add technique based on waveform similarity", ICASSP 1993.
    """
    frames = int(len(samples) / (_HOP * tempo)) + 1
    padded = np.concatenate(
        [
            np.zeros(_FRAME + _SEARCH, np.float32),
            samples,
            np.zeros(2 * _FRAME + 2 * _SEARCH + int(_HOP * tempo), np.float32),
        ]
    )
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    out = np.zeros((frames + 1) * _HOP + _FRAME, np.float32)
    places = np.zeros(frames)
    lead = _SEARCH + _HOP  # the first window is half before the sound
    place = lead
    for index in range(frames):
        ideal = lead + round(index * _HOP * tempo)
        if index:
            natural = padded[place + _HOP : place + _HOP + _FRAME]
            around = padded[ideal - _SEARCH : ideal + _SEARCH + _FRAME]
            likeness = np.correlate(around, natural[: len(around) - 2 * _SEARCH], "valid")
            best = int(likeness.argmax())
            place = ideal if likeness[best] <= 0 else ideal - _SEARCH + best
        out[index * _HOP : index * _HOP + _FRAME] += window * padded[place : place + _FRAME]
        places[index] = place
    # The middle of window `index` was at `place` and is at index * HOP.
    before = np.maximum.accumulate(places + _HOP - (_FRAME + _SEARCH)) / rate_hz
    after = np.arange(frames) * _HOP / rate_hz
    length = round(len(samples) / tempo)
    return out[_HOP : _HOP + length], TimeMap(before, after)
