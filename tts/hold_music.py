"""Music on hold of our own making: slow broken chords, computed, nobody's melody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tts.port import Speech
from tts.wav import wav_bytes

RATE_HZ = 8000
_BAR_SECONDS = 3.0
_LEVEL_DBFS = -27.0  # well under speech: the queue's announcements play over it, and people wait long
# Two rounds of a quiet progression, as MIDI notes: Am9, Fmaj7, Cmaj7, G6, Dm9, Fmaj7, Am7, Em7
_CHORDS = (
    (57, 64, 67, 71, 72),
    (53, 60, 64, 69, 72),
    (48, 60, 64, 67, 71),
    (55, 62, 64, 67, 71),
    (50, 60, 65, 69, 76),
    (53, 60, 64, 67, 69),
    (57, 60, 64, 67, 71),
    (52, 59, 62, 67, 71),
)
_ORDERS = ((0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 4, 3, 1, 3, 2, 4))  # the second round breaks the chords otherwise
# Harmonics of a soft mallet: number, strength, half-life in seconds. All stays under 3400 Hz.
_HARMONICS = ((1, 1.0, 0.9), (2, 0.35, 0.45), (3, 0.12, 0.25), (4, 0.06, 0.15))


def hold_music() -> Speech:
    """Return 48 s of music that loops without a seam: what rings past the end goes on at the beginning."""
    steps_per_bar = len(_ORDERS[0])
    bars = len(_CHORDS) * len(_ORDERS)
    samples = np.zeros(round(bars * _BAR_SECONDS * RATE_HZ))
    for bar in range(bars):
        chord = _CHORDS[bar % len(_CHORDS)]
        order = _ORDERS[bar // len(_CHORDS)]
        for step, position in enumerate(order):
            start = round((bar + step / steps_per_bar) * _BAR_SECONDS * RATE_HZ)
            accent = 1.0 if step == 0 else 0.6 if step % 2 else 0.75
            _add_round(samples, start, accent * _note(chord[position] + 12))
    samples *= 10 ** (_LEVEL_DBFS / 20) / np.sqrt(np.mean(samples**2))
    return Speech(np.rint(samples * 32767).astype("<i2").tobytes(), RATE_HZ)


def write_hold_music(path: Path) -> None:
    """Write the music as a mono 16-bit WAV of 8 kHz, always the same bytes."""
    path.write_bytes(wav_bytes(hold_music()))


def _note(midi: int) -> npt.NDArray[np.float64]:
    frequency_hz = 440 * 2 ** ((midi - 69) / 12)
    seconds = np.arange(round(3.5 * RATE_HZ)) / RATE_HZ
    sound = np.zeros(seconds.size)
    for number, strength, half_life in _HARMONICS:
        if number * frequency_hz < 3400:
            sound += strength * np.exp2(-seconds / half_life) * np.sin(2 * np.pi * number * frequency_hz * seconds)
    attack = np.minimum(1, seconds / 0.012)
    release = np.minimum(1, (seconds[-1] - seconds) / 0.3)
    return np.asarray(sound * attack * release)


def _add_round(samples: npt.NDArray[np.float64], start: int, sound: npt.NDArray[np.float64]) -> None:
    positions = (start + np.arange(sound.size)) % samples.size
    samples[positions] += sound
