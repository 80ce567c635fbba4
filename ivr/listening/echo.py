"""The echo of what is played: how loud it may be in what the caller sends. Time is counted in frames.

A hybrid, a speakerphone or a headset brings the prompt back 20-400 ms later, 12-40 dB weaker and coloured. Only levels
are compared, no waveforms: codecs and loudspeakers bend those. How much weaker is the lower quartile of "received minus
sent" over the frames in which the prompt is loud: a caller who speaks over less than three quarters of it does not
count, and a line without an echo ends at its noise. The delay is the one with the highest such quartile, since it
explains best.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asr_models.speech_gate import FRAME_BYTES, SILENCE_DB, level_db
from ivr.listening.settings import EchoSettings

_DELAY_FRAMES = 20
_QUARTILE = 0.25
_LOUD_DB = -40.0  # frames of the prompt that are loud enough to learn from
_DECAY_DB = 3.0  # a frame; reverberation of a room with RT60 = 0.4 s
_EARLY_FRAMES = 25  # of the call's first prompt: learned fast, from the prior
_EARLY_STEP_DB, _STEP_DB = 4.0, 0.8


class EchoEstimator:
    """One line's echo, learned from its prompts; lives as long as the call."""

    def __init__(self, settings: EchoSettings | None = None) -> None:
        self._settings = settings or EchoSettings()
        self._sent_db = np.full(_DELAY_FRAMES + 1, SILENCE_DB)  # newest first, with the room's decay
        self._coupling_db = np.full(_DELAY_FRAMES, self._settings.prior_db)
        self._learned_frames = np.zeros(_DELAY_FRAMES, np.int64)

    @property
    def delay_frames(self) -> int:
        """The delay that explains best what was received; of no meaning where there is no echo."""
        return int(self._coupling_db.argmax())

    @property
    def coupling_db(self) -> float:
        """How much of what is sent comes back."""
        return float(self._coupling_db.max())

    def expect(self, received_pcm16: bytes, sent_pcm16: bytes) -> float:
        """Learn from one received frame and what was sent since the one before.

        Return the level (dB of full scale) up to which the received frame may be nothing but echo.
        """
        for start in range(0, len(sent_pcm16), FRAME_BYTES):
            level = level_db(sent_pcm16[start : start + FRAME_BYTES])
            level = max(level, float(self._sent_db[0]) - _DECAY_DB, SILENCE_DB)
            self._sent_db[1:] = self._sent_db[:-1]
            self._sent_db[0] = level
        sent_db = self._sent_db[:-1]
        if sent_db.max() < _LOUD_DB:
            return SILENCE_DB
        self._learn(level_db(received_pcm16), sent_db)
        delay = self.delay_frames
        near = self._sent_db[max(0, delay - 1) : delay + 2]  # frames come and go in bursts
        return float(near.max() + self._coupling_db[delay]) + self._settings.margin_db

    def _learn(self, received_db: float, sent_db: npt.NDArray[np.float64]) -> None:
        # Stochastic approximation of a quantile (Robbins-Monro): a step up with the quantile's share, else down.
        loud = sent_db > _LOUD_DB
        step = np.where(self._learned_frames < _EARLY_FRAMES, _EARLY_STEP_DB, _STEP_DB)
        below = received_db - sent_db < self._coupling_db
        self._coupling_db += np.where(loud, step * (_QUARTILE - below), 0.0)
        np.minimum(self._coupling_db, self._settings.ceiling_db, out=self._coupling_db)
        self._learned_frames += loud
