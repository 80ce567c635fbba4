"""Whether a frame holds a voice: WebRTC's detector, above the line's noise, and no telephone key."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import numpy.typing as npt
import webrtcvad

from asr_models.port import SAMPLE_RATE_HZ
from asr_models.settings import GateSettings

FRAME_SECONDS = 0.02
FRAME_SAMPLES = round(SAMPLE_RATE_HZ * FRAME_SECONDS)
FRAME_BYTES = FRAME_SAMPLES * 2

SILENCE_DB = -96.0
_NOISE_WINDOW_FRAMES = 60  # speech has a gap or a stop at least once in 1.2 s: the quietest frame is the noise

# Telephone keys as tones (ITU-T Q.23): one of each group.
_LOW_HZ, _HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_TONES = np.exp(2j * np.pi * np.outer((*_LOW_HZ, *_HIGH_HZ), np.arange(FRAME_SAMPLES)) / SAMPLE_RATE_HZ)  # 8 x 160
_TONE_SHARE = 0.75
_TONE_GROUP_SHARE = 0.1


class VoiceActivity:
    """Judges one line's frames in their order: the detector and the noise estimate learn from each."""

    def __init__(self, settings: GateSettings | None = None) -> None:
        self._settings = settings or GateSettings()
        self._detector = webrtcvad.Vad(self._settings.aggressiveness)
        self._levels_db: deque[float] = deque(maxlen=_NOISE_WINDOW_FRAMES)
        self.frame_db = SILENCE_DB  # of the newest one

    def is_voiced(self, pcm16: bytes, floor_db: float = SILENCE_DB) -> bool:
        """Judge the next 20 ms frame; what is not louder than `floor_db` is no voice (an echo may be that loud)."""
        samples = samples_of(pcm16)
        self.frame_db = _level_db(samples)
        self._levels_db.append(self.frame_db)
        noise_db = min(min(self._levels_db), self._settings.noise_ceiling_db)
        threshold_db = max(self._settings.min_level_db, noise_db + self._settings.noise_margin_db, floor_db)
        voiced = self._detector.is_speech(pcm16, SAMPLE_RATE_HZ)  # always asked: it adapts to the line as well
        return bool(voiced) and self.frame_db >= threshold_db and not _is_key_tone(samples)


def samples_of(pcm16: bytes) -> npt.NDArray[np.float32]:
    """Return 16-bit audio as numbers, -32768..32767."""
    return np.frombuffer(pcm16, dtype="<i2").astype(np.float32)


def level_db(pcm16: bytes) -> float:
    """Return the RMS level of some audio in dB of full scale, `SILENCE_DB` for digital silence."""
    return _level_db(samples_of(pcm16))


def _level_db(samples: npt.NDArray[np.float32]) -> float:
    power = float(np.dot(samples, samples)) / len(samples) / 32768.0**2
    return 10 * math.log10(power) if power > 0 else SILENCE_DB


def _is_key_tone(samples: npt.NDArray[np.float32]) -> bool:
    energy = float(np.dot(samples, samples))
    if energy == 0:
        return False
    # A sine of amplitude a over n samples: |sum|^2 = (a n / 2)^2 while its energy is a^2 n / 2.
    shares = np.abs(_TONES @ samples) ** 2 * 2 / (len(samples) * energy)
    low, high = float(shares[:4].max()), float(shares[4:].max())
    return low + high >= _TONE_SHARE and min(low, high) >= _TONE_GROUP_SHARE
