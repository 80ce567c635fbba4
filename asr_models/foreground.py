"""Which voiced frames are the caller's and which those of people farther away, by loudness and its course in time.

A caller has quiet syllables and may speak up or down from one answer to the next; people behind them talk on and on. So
what is quieter counts as theirs only after it has lasted, and what follows a silence is the caller's however quiet.
"""

from __future__ import annotations

import math
from collections import deque

from asr_models.caller_level import CallerLevel
from asr_models.settings import GateSettings
from asr_models.voice_activity import FRAME_SECONDS, SILENCE_DB

_ONSET_FRAMES = 15  # 0.3 s: within it a talker gets as loud as they are
_BEFORE_FRAMES = 25  # 0.5 s: who spoke low for less did not begin yet
_SMOOTHED_FRAMES = 5  # one talker's vowels stand out by 5 dB from a crowd of them, over 0.1 s by 2


class Foreground:
    """Follows one question's frames. Constant time and memory a frame."""

    def __init__(self, settings: GateSettings, caller: CallerLevel) -> None:
        self._margin_db = settings.background_margin_db
        self._hold_frames = round(settings.background_hold_seconds / FRAME_SECONDS)
        self._nearer_db = settings.nearer_margin_db
        self._caller = caller
        self._after_silence = caller.speech_db is None  # nobody else has been heard since the line was silent
        self._silent_frames = 0
        self._far_frames = 0  # since the newest frame that was loud enough
        self._loudest_db: float | None = None  # of this utterance; None between utterances
        self._onset: deque[float] = deque(maxlen=_ONSET_FRAMES)
        self._before_frames = 0  # of this utterance, older than the onset
        self.before_db = SILENCE_DB  # the loudest tenth of a second of these
        self.stands_out = False  # somebody begins to speak much nearer than whoever was heard in this utterance so far
        self._powers: deque[float] = deque(maxlen=_SMOOTHED_FRAMES)
        self._smoothed_db = SILENCE_DB
        self.spoken_db: float | None = None  # loudest voiced tenth of a second of this question's utterances
        self.quiet_frames = 0  # since the newest one as loud as the caller usually is

    def is_callers(self, frame_db: float, *, voiced: bool) -> bool:
        """Judge the next frame: whether it may begin an utterance or holds one open."""
        self._powers.append(10 ** (frame_db / 10))
        self._smoothed_db = 10 * math.log10(sum(self._powers) / _SMOOTHED_FRAMES)
        caller_db = self._caller.speech_db
        is_near = voiced and (caller_db is None or self._smoothed_db >= caller_db - self._margin_db)
        self.quiet_frames = 0 if is_near else self.quiet_frames + 1
        if self._loudest_db is None:
            self._after_silence = self._after_silence or self._was_silent(caller_db, voiced=voiced)
            return is_near or (voiced and self._after_silence)
        self._loudest_db = max(self._loudest_db, self._smoothed_db)
        if len(self._onset) == _ONSET_FRAMES:
            self._before_frames += 1
            self.before_db = max(self.before_db, self._onset[0])
        self._onset.append(self._smoothed_db)
        is_nearer = self._smoothed_db >= self.before_db + self._nearer_db
        self.stands_out = voiced and is_nearer and self._before_frames >= _BEFORE_FRAMES
        if voiced and (self.spoken_db is None or self._smoothed_db > self.spoken_db):
            self.spoken_db = self._smoothed_db
        goes_on = voiced and self._smoothed_db >= self._loudest_db - self._margin_db
        may_begin_low = self._was_silent(self._loudest_db, voiced=voiced)
        self._far_frames = 0 if goes_on or may_begin_low else self._far_frames + 1
        return voiced and self._far_frames <= self._hold_frames

    @property
    def loudest_db(self) -> float:
        """Level of this utterance's loudest tenth of a second."""
        return SILENCE_DB if self._loudest_db is None else self._loudest_db

    def begin(self) -> None:
        """Take what follows as an utterance of the caller."""
        self._loudest_db = self._smoothed_db
        self._onset.clear()
        self._before_frames, self.before_db, self.stands_out = 0, SILENCE_DB, False
        self._far_frames = 0
        self._silent_frames = 0

    def end(self) -> None:
        """Take the utterance as over."""
        self._loudest_db = None
        self._silent_frames = 0
        self._after_silence = False

    def _was_silent(self, beside_db: float | None, *, voiced: bool) -> bool:
        is_silent = not voiced and (beside_db is None or self._smoothed_db < beside_db - 2 * self._margin_db)
        self._silent_frames = self._silent_frames + 1 if is_silent else 0
        return self._silent_frames >= self._hold_frames
