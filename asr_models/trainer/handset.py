"""What a telephone does to speech before the line: noise suppression, a gate that cuts onsets, automatic gain.

Nothing here moves speech in time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import TELEPHONE_RATE_HZ

Signal = NDArray[np.float32]

_FRAME = 160
_WINDOW = 2 * _FRAME


def suppress_noise(speech: Signal, random: np.random.Generator) -> Signal:
    """Subtract the noise's spectrum, as mobile telephones do; what is left of it warbles."""
    window = np.hanning(_WINDOW + 1)[:-1]
    padded = np.concatenate([np.zeros(_FRAME), speech, np.zeros(_WINDOW)])
    count = (len(padded) - _WINDOW) // _FRAME + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_FRAME][:count]
    spectra = np.fft.rfft(frames * window, axis=1)
    power = np.abs(spectra) ** 2
    noise = np.quantile(power, random.uniform(0.05, 0.2), axis=0)
    kept = 1 - random.uniform(1.0, 3.0) * noise / (power + 1e-12)
    gain = np.sqrt(np.clip(kept, 10 ** (-random.uniform(6, 25) / 10), 1))
    smooth = random.uniform(0, 0.6)
    for frame in range(1, count):
        gain[frame] = smooth * gain[frame - 1] + (1 - smooth) * gain[frame]
    cleaned = np.fft.irfft(spectra * gain, _WINDOW, axis=1)
    out = np.zeros(len(padded))
    for half in (0, 1):  # frames two apart touch without overlapping
        chunk = cleaned[half::2].reshape(-1)
        out[half * _FRAME : half * _FRAME + len(chunk)] += chunk
    return out[_FRAME : _FRAME + len(speech)].astype(np.float32)


def gate(speech: Signal, random: np.random.Generator) -> Signal:
    """Mute pauses; the gate opens a little late, so that a first sound may lose its beginning."""
    frame = TELEPHONE_RATE_HZ // 100
    count = len(speech) // frame
    if count < 4:
        return speech
    loudness = np.sqrt(np.mean(speech[: count * frame].reshape(count, frame) ** 2, axis=1))
    loud = loudness > loudness.max() * 10 ** (-random.uniform(26, 38) / 20)
    late, hangover = int(random.integers(0, 4)), int(random.integers(8, 30))
    is_open = np.zeros(count, bool)
    run = since = 0
    for index in range(count):
        run = run + 1 if loud[index] else 0
        since = 0 if run > late else since + 1
        is_open[index] = run > late or (index > 0 and is_open[index - 1] and since <= hangover)
    gain = np.where(is_open, 1.0, 10 ** (-random.uniform(8, 40) / 20))
    smooth = np.convolve(np.repeat(gain, frame), np.ones(40) / 40, mode="same")
    out = speech.copy()
    out[: count * frame] *= smooth
    return out.astype(np.float32)


def level_out(speech: Signal, random: np.random.Generator) -> Signal:
    """Follow the level with automatic gain: pauses swell, loud beginnings are pressed down."""
    frame = TELEPHONE_RATE_HZ // 100
    count = len(speech) // frame
    if count < 4:
        return speech
    loudness = np.sqrt(np.mean(speech[: count * frame].reshape(count, frame) ** 2, axis=1)) + 1e-6
    target = float(np.quantile(loudness, 0.9))
    attack, release = random.uniform(0.1, 0.5), random.uniform(0.005, 0.05)
    strength, largest = random.uniform(0.3, 0.9), 10 ** (random.uniform(6, 20) / 20)
    level, gains = target, np.empty(count)
    for index, now in enumerate(loudness):
        level += (attack if now > level else release) * (now - level)
        gains[index] = min(largest, (target / level) ** strength)
    places = (np.arange(count) + 0.5) * frame
    return (speech * np.interp(np.arange(len(speech)), places, gains)).astype(np.float32)
