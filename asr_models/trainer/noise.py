"""What is heard beside the caller: noise of many colours, voices, hum, clicks, music, breath; at 8 kHz."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import TELEPHONE_RATE_HZ

Samples = NDArray[np.float32]
_MAINS_HZ = 50
_NOTES_HZ = 220 * 2 ** (np.arange(25) / 12)
_RUMBLE_HZ = 100  # below it noise grows no more
_LINE_HZ = (300, 3400)  # what a telephone carries


def coloured(length: int, random: np.random.Generator) -> Samples:
    """Make steady or swelling noise with a random spectrum; rms 1 within 300-3400 Hz.

    Most of a rumble lies below what the line carries: by its whole power, callers in traffic would be trained on in
    noise that is 10 to 20 dB weaker than said.
    """
    size = max(256, 1 << (length - 1).bit_length())
    bins = size // 2 + 1
    hz = np.linspace(0, TELEPHONE_RATE_HZ / 2, bins)
    slope = random.choice([0.0, -3.0, -6.0, -9.0, 3.0]) + random.uniform(-1.5, 1.5)  # dB an octave
    level_db = slope * np.log2(np.maximum(hz, _RUMBLE_HZ) / 1000)
    for _ in range(random.integers(0, 4)):
        level_db += random.uniform(-12, 12) * np.exp(
            -(((hz - random.uniform(80, 3800)) / random.uniform(60, 700)) ** 2)
        )
    levels = 10 ** (level_db / 20)
    spectrum = (random.standard_normal(bins) + 1j * random.standard_normal(bins)) * levels
    noise = _unit(np.fft.irfft(spectrum, size)[:length])
    if random.random() < 0.35:
        noise = _unit(noise * _swelling(length, random))
    carried = levels[(hz >= _LINE_HZ[0]) & (hz <= _LINE_HZ[1])]
    return (noise * np.sqrt(np.square(levels).sum() / np.square(carried).sum())).astype(np.float32)


def babble(length: int, random: np.random.Generator, voices: Sequence[Samples], count: int) -> Samples:
    """Mix other people's speech; one voice is a neighbour or a television; rms 1."""
    mixed = np.zeros(length, np.float32)
    for _ in range(count):
        place = -int(random.integers(0, TELEPHONE_RATE_HZ))
        level = random.uniform(0.3, 1)
        while place < length:
            voice = voices[int(random.integers(len(voices)))]
            start, end = max(place, 0), min(place + len(voice), length)
            if start < end:
                mixed[start:end] += level * voice[start - place : end - place]
            place += len(voice) + int(random.uniform(0, 0.7) * TELEPHONE_RATE_HZ)
    return _unit(mixed)


def hum(length: int, random: np.random.Generator) -> Samples:
    """Make mains hum with harmonics; rms 1."""
    seconds = np.arange(length) / TELEPHONE_RATE_HZ
    tones = np.zeros(length)
    for harmonic in range(1, int(random.integers(2, 9))):
        phase = random.uniform(0, 2 * np.pi)
        tones += random.uniform(0, 1) / harmonic**0.5 * np.sin(2 * np.pi * _MAINS_HZ * harmonic * seconds + phase)
    return _unit(tones)


def music(length: int, random: np.random.Generator) -> Samples:
    """Make chords that follow one another, like music somewhere in the room; rms 1."""
    sound = np.zeros(length)
    place = 0
    while place < length:
        size = min(length - place, int(random.uniform(0.12, 0.7) * TELEPHONE_RATE_HZ))
        seconds = np.arange(size) / TELEPHONE_RATE_HZ
        fade = np.exp(-seconds * random.uniform(0.5, 6))
        for note_hz in random.choice(_NOTES_HZ, int(random.integers(1, 4)), replace=False):
            for overtone in (1, 2, 3):
                sound[place : place + size] += fade * np.sin(2 * np.pi * note_hz * overtone * seconds) / overtone**1.5
        place += size
    return _unit(sound)


def clicks(length: int, random: np.random.Generator) -> Samples:
    """Make a few clicks, knocks and key presses; peak about 1."""
    sound = np.zeros(length, np.float32)
    for _ in range(int(random.integers(1, 2 + length // 4000))):
        size = int(random.uniform(0.001, 0.04) * TELEPHONE_RATE_HZ)
        place = int(random.integers(0, max(1, length - size)))
        knock = random.standard_normal(size) * np.exp(-np.arange(size) / size * 6) * random.uniform(0.1, 1)
        sound[place : place + size] += knock[: length - place].astype(np.float32)
    return sound


def breath(random: np.random.Generator) -> Samples:
    """Make a breath, a sniff or a cough-like burst of 0.1-0.6 s; rms 1."""
    length = int(random.uniform(0.1, 0.6) * TELEPHONE_RATE_HZ)
    shape = np.sin(np.pi * np.linspace(0, 1, length) ** random.uniform(0.4, 2.0)) ** random.uniform(0.7, 2)
    return _unit(coloured(length, random) * shape)


def _swelling(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    points = max(2, length // int(random.uniform(0.15, 1.5) * TELEPHONE_RATE_HZ))
    level_db = random.uniform(-14, 6, points)
    return np.asarray(10 ** (np.interp(np.linspace(0, points - 1, length), np.arange(points), level_db) / 20))


def _unit(sound: NDArray[np.floating]) -> Samples:
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
    return (sound / (rms + 1e-9)).astype(np.float32)
