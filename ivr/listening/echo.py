"""The echo of what is played: how loud it may be in what the caller sends. Time is counted in frames.

A hybrid, a speakerphone or a headset brings the prompt back 20-400 ms later, 12-40 dB weaker and coloured. Only levels
of five bands are compared, no waveforms: codecs and loudspeakers bend those. How much weaker is, in each band, the
median of "received minus sent" over the frames in which the prompt is loud: a caller who speaks over less than half of
it does not count, and a line without an echo ends at its noise. The delay is the one with the highest lower quartiles:
where the prompt's beginnings and its echo's do not fit, the difference is low now and then.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asr_models.port import SAMPLE_RATE_HZ
from asr_models.voice_activity import FRAME_BYTES, SILENCE_DB, level_db
from ivr.listening.settings import EchoSettings

_EDGES_HZ = (200, 500, 900, 1500, 2300, 3500)
_SAMPLES = FRAME_BYTES // 2
_EDGES = np.array([edge * _SAMPLES // SAMPLE_RATE_HZ for edge in _EDGES_HZ])
_BANDS = len(_EDGES_HZ) - 1
_FULL_SCALE = 2 * (_SAMPLES * 32768.0) ** -2  # from the squares of a spectrum's one half to the power of full scale
_SILENCE = 10 ** (SILENCE_DB / 10)

_DELAYS = 20  # frames
_FIT_DB = 2.0  # measured: 0.3-2.4 for noise and babble, 1.8-8.6 for echoes louder than the line's noise
_MEDIAN, _QUARTILE = 0.5, 0.25
_LOUD_DB = -48.0  # a band of the prompt that is loud enough to learn from
_QUIET_DB = -60.0  # what is received below it needs no floor, and is looked at now and then only
_LOOK_FRAMES = 8
_DECAY_DB = 3.0  # a frame; reverberation of a room with RT60 = 0.4 s
_EARLY_FRAMES = 25  # of the call's first prompt: learned fast, from the prior
_EARLY_STEP_DB, _STEP_DB = 4.0, 0.8

_Levels = npt.NDArray[np.float64]


class EchoEstimator:
    """One line's echo, learned from its prompts; lives as long as the call."""

    def __init__(self, settings: EchoSettings | None = None) -> None:
        self._settings = settings or EchoSettings()
        self._sent_db = np.full((_DELAYS + 1, _BANDS), SILENCE_DB)  # newest first, with the room's decay
        self._usual_db = np.full((_DELAYS, _BANDS), self._settings.prior_db)
        self._least_db = self._usual_db.copy()
        self._learned_frames = np.zeros((_DELAYS, _BANDS), np.int64)
        self._known = False
        self._frames = 0
        self._unseen = bytearray()

    @property
    def delay_frames(self) -> int:
        """The delay that explains best what was received; of no meaning where there is no echo."""
        return int(self._least_db.sum(axis=1).argmax())

    @property
    def is_there(self) -> bool:
        """Whether one delay explains what is received better than others do; noise goes with all of them alike."""
        fits_db = self._least_db.mean(axis=1)
        return bool(fits_db.max() - np.median(fits_db) >= _FIT_DB)

    @property
    def coupling_db(self) -> float:
        """How much of what is sent comes back, in the band where most does."""
        return float(self._usual_db[self.delay_frames].max())

    def expect(self, received_pcm16: bytes, sent_pcm16: bytes) -> float:
        """Learn from one received frame and what was sent since the one before.

        Return the level (dB of full scale) up to which the received frame may be nothing but echo.
        """
        self._unseen += sent_pcm16
        self._frames += 1
        quiet = level_db(received_pcm16) < _QUIET_DB
        if quiet and self._known and self._frames % _LOOK_FRAMES:
            return SILENCE_DB
        self._look_at_sent()
        if self._sent_db.max() < _LOUD_DB:
            return SILENCE_DB
        self._learn(_band_levels_db(received_pcm16)[0])
        if self._known and not self.is_there:
            return SILENCE_DB
        delay = self.delay_frames
        near = self._sent_db[max(0, delay - 1) : delay + 2].max(axis=0)  # frames come and go in bursts
        echo = np.sum(10 ** ((near + self._usual_db[delay]) / 10))
        return float(10 * np.log10(echo)) + self._settings.margin_db

    def _look_at_sent(self) -> None:
        newest = _band_levels_db(bytes(self._unseen))[-len(self._sent_db) :]
        self._unseen.clear()
        for frame_db in newest:
            louder = np.maximum(frame_db, self._sent_db[0] - _DECAY_DB)
            self._sent_db[1:] = self._sent_db[:-1]
            self._sent_db[0] = louder

    def _learn(self, received_db: _Levels) -> None:
        # Stochastic approximation of a quantile (Robbins-Monro): a step up with the quantile's share, else down.
        sent_db = self._sent_db[:-1]
        loud = sent_db > _LOUD_DB
        step_db = np.where(self._learned_frames < _EARLY_FRAMES, _EARLY_STEP_DB, _STEP_DB)
        step_db[~loud] = 0.0
        difference_db = received_db - sent_db
        for quantile_db, share in ((self._usual_db, _MEDIAN), (self._least_db, _QUARTILE)):
            quantile_db += step_db * (share - (difference_db < quantile_db))
        np.minimum(self._usual_db, self._settings.ceiling_db, out=self._usual_db)
        self._learned_frames += loud
        self._known = self._known or bool(self._learned_frames.max() >= 2 * _EARLY_FRAMES)


def _band_levels_db(pcm16: bytes) -> _Levels:
    """Return the levels of each whole frame's bands, a row per frame."""
    samples = np.frombuffer(pcm16, "<i2").reshape(-1, _SAMPLES)
    powers = np.abs(np.fft.rfft(samples)) ** 2 * _FULL_SCALE
    bands = np.add.reduceat(powers[:, : _EDGES[-1]], _EDGES[:-1], axis=1)
    return np.asarray(10 * np.log10(np.maximum(bands, _SILENCE)))
