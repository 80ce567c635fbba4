"""Voice activity: which of a caller's frames are worth recognising. Time is counted in frames."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import numpy.typing as npt
import webrtcvad

from asr_models.noise_suppression import NoiseSuppressor
from asr_models.port import SAMPLE_RATE_HZ
from asr_models.settings import GateSettings
from asr_models.voicing import periodicity

FRAME_SECONDS = 0.02
FRAME_BYTES = int(SAMPLE_RATE_HZ * FRAME_SECONDS) * 2

SILENCE_DB = -96.0
_NOISE_WINDOW_FRAMES = 60  # speech has a gap or a stop at least once in 1.2 s: the quietest frame is the noise

_PERIODIC = 0.4  # white noise and breath stay below it, vowels at 12 dB above noise above

# Telephone keys as tones (ITU-T Q.23): one of each group.
_LOW_HZ, _HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_TONES = np.exp(2j * np.pi * np.outer((*_LOW_HZ, *_HIGH_HZ), np.arange(FRAME_BYTES // 2)) / SAMPLE_RATE_HZ)  # 8 x 160
_TONE_SHARE = 0.75
_TONE_GROUP_SHARE = 0.1


class SpeechGate:
    """Open while the caller speaks: WebRTC's detector, above the line's noise, with hysteresis and a look-back."""

    def __init__(self, settings: GateSettings | None = None, *, dictation: bool = False) -> None:
        """Start with the line's settings; `dictation`: a number is expected, spoken in groups."""
        self._settings = settings or GateSettings()
        self._detector = webrtcvad.Vad(self._settings.aggressiveness)
        self._recent_voiced: deque[bool] = deque(maxlen=self._settings.onset_window_frames)
        self._recent_periodic: deque[bool] = deque(maxlen=self._settings.onset_window_frames)
        self._suppressor = NoiseSuppressor() if self._settings.noise_suppression else None
        self._frame_before = np.zeros(FRAME_BYTES // 2, np.float32)
        self._look_back: deque[bytes] = deque(maxlen=round(self._settings.look_back_seconds / FRAME_SECONDS) or None)
        close_seconds = self._settings.dictation_close_seconds if dictation else self._settings.close_seconds
        self._close_frames = max(1, round(close_seconds / FRAME_SECONDS))
        self._levels_db: deque[float] = deque(maxlen=_NOISE_WINDOW_FRAMES)
        self.is_open = False
        self.pause_frames = 0  # since the last voiced frame, or since the first frame when there was none
        self.frame_is_voiced = False  # the newest one
        self.frame_db = SILENCE_DB
        self.periodic_frames = 0  # of this utterance, with the pitch of a voice

    @property
    def pause_seconds(self) -> float:
        """How long the caller has been silent."""
        return self.pause_frames * FRAME_SECONDS

    def take(self, pcm16: bytes, *, may_open: bool = True, floor_db: float = SILENCE_DB) -> bytes:
        """Judge one 20 ms frame; return the audio to recognise: nothing, the frame, or the look-back with it.

        Judged is the frame as it came; what is returned lags by a frame and has the steady noise of the line taken out.
        What is not louder than `floor_db` is no speech (an echo may be that loud).
        """
        if len(pcm16) != FRAME_BYTES:
            raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(pcm16)}")
        heard = pcm16 if self._suppressor is None else self._suppressor.process(pcm16)
        voiced = self.frame_is_voiced = self._is_voiced(pcm16, floor_db)
        self._recent_voiced.append(voiced)
        self._recent_periodic.append(self._is_periodic(pcm16))
        self.pause_frames = 0 if voiced and self._begun(voiced) else self.pause_frames + 1
        if self.is_open:
            self.periodic_frames += self._recent_periodic[-1]
            if self.pause_frames >= self._close_frames:
                self.close()
            return heard
        self._look_back.append(heard)
        if not (may_open and self._begun(voiced)):
            return b""
        self.is_open = True
        self.periodic_frames = sum(self._recent_periodic)
        audio = b"".join(self._look_back)
        self._look_back.clear()
        return audio

    def close(self) -> None:
        """Take what comes next as a new utterance."""
        self.is_open = False
        self._recent_voiced.clear()
        self._recent_periodic.clear()
        self._look_back.clear()  # its audio has been heard already

    def _begun(self, voiced: bool) -> bool:
        return self.is_open or (voiced and sum(self._recent_voiced) >= self._settings.onset_frames)

    def _is_periodic(self, pcm16: bytes) -> bool:
        samples = _samples(pcm16)
        stretch, self._frame_before = np.concatenate([self._frame_before, samples]), samples
        return self.frame_is_voiced and periodicity(stretch) >= _PERIODIC

    def _is_voiced(self, pcm16: bytes, floor_db: float) -> bool:
        samples = _samples(pcm16)
        self.frame_db = _level_db(samples)
        self._levels_db.append(self.frame_db)
        noise_db = min(min(self._levels_db), self._settings.noise_ceiling_db)
        threshold_db = max(self._settings.min_level_db, noise_db + self._settings.noise_margin_db, floor_db)
        voiced = self._detector.is_speech(pcm16, SAMPLE_RATE_HZ)  # always asked: it adapts to the line as well
        return bool(voiced) and self.frame_db >= threshold_db and not _is_key_tone(samples)


def level_db(pcm16: bytes) -> float:
    """Return the RMS level of some audio in dB of full scale, `SILENCE_DB` for digital silence."""
    return _level_db(_samples(pcm16))


def _samples(pcm16: bytes) -> npt.NDArray[np.float32]:
    return np.frombuffer(pcm16, dtype="<i2").astype(np.float32)


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
