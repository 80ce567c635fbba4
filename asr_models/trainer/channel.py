"""The room, the microphone and the line: linear filters in one pass, levels, clipping, lost packets; at 8 kHz.

Nothing here moves speech in time: filters have no delay, the direct sound of a room is its first sample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import TELEPHONE_RATE_HZ

Samples = NDArray[np.float32]
_TAIL = 4000  # samples: the longest echo, 0.5 s
_WALL_SHARE = 0.5
_PACKET = 160  # samples: 20 ms


def filtered(samples: Samples, response: NDArray[np.complexfloating] | NDArray[np.floating], size: int) -> Samples:
    """Apply a frequency response of `size // 2 + 1` bins made for this length by `filter_size`."""
    spectrum = np.fft.rfft(samples, size) * response
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def filter_size(length: int) -> int:
    """Return a length for the transform with room for an echo."""
    wanted = length + _TAIL
    return min(
        size for power in range(8, 24) for size in (1 << power, 3 << (power - 1), 5 << (power - 2)) if size >= wanted
    )


def room(size: int, random: np.random.Generator) -> NDArray[np.complexfloating]:
    """Make a room's response: direct sound, then an exponentially fading echo."""
    length = int(random.uniform(0.04, 0.4) * TELEPHONE_RATE_HZ)
    echo = random.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length) * random.uniform(0.01, 0.22)
    echo[: int(random.integers(2, 40))] = 0
    echo[0] = 1
    return np.asarray(np.fft.rfft(echo, size))


def equaliser(size: int, random: np.random.Generator) -> NDArray[np.floating]:
    """Make a microphone's response: up to 7 dB up and down at eight places."""
    at_hz = np.array([0, 200, 480, 1000, 1600, 2400, 3200, 4000])
    gains_db = random.uniform(-7, 7, len(at_hz))
    gains_db[0] = gains_db[1]
    return np.asarray(10 ** (np.interp(_bins_hz(size), at_hz, gains_db) / 20))


def band(size: int, random: np.random.Generator) -> NDArray[np.floating]:
    """Make a line's response: from 60-350 Hz to 2900-3900 Hz, more or less steep, often a wall like digital filters."""
    hz = _bins_hz(size)
    low, high = random.uniform(60, 350), random.uniform(2900, 3900)
    order = random.integers(6, 16) if random.random() < _WALL_SHARE else random.integers(1, 6)
    ratio_low, ratio_high = (low / np.maximum(hz, 1)) ** (2 * order), (hz / high) ** (2 * order + 4)
    return np.asarray(1 / np.sqrt((1 + ratio_low) * (1 + ratio_high)))


def _bins_hz(size: int) -> NDArray[np.floating]:
    return np.linspace(0, TELEPHONE_RATE_HZ / 2, size // 2 + 1)


def speech_rms(samples: Samples) -> float:
    """Measure the level of the speech itself, without its pauses."""
    if len(samples) == 0:
        return 1e-6
    block = 160
    blocks = samples[: len(samples) // block * block].reshape(-1, block)
    power = np.mean(np.square(blocks), axis=1) if len(blocks) else np.array([np.mean(np.square(samples))])
    loud = power > 0.01 * power.max()
    return float(np.sqrt(power[loud].mean())) if loud.any() and power.max() > 0 else 1e-6


def with_lost_packets(pcm16: NDArray[np.int16], random: np.random.Generator) -> NDArray[np.int16]:
    """Lose 1-5 % of the packets, one to three in a row; hide them by the last one fading, or by silence."""
    out = pcm16.copy()
    count = len(out) // _PACKET
    repeats = random.random() < 0.7
    index = 1
    share = random.uniform(0.01, 0.05)
    while index < count:
        if random.random() < share:
            for lost in range(index, min(count, index + int(random.integers(1, 4)))):
                start = lost * _PACKET
                last = out[start - _PACKET : start] // 2 if repeats else 0
                out[start : start + _PACKET] = last
                index = lost
        index += 1
    return out
