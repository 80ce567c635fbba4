"""How loud the caller speaks: by it, they are told from those who talk behind them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from statistics import median

_MEMORY_FRAMES = 300  # voiced ones: 6 s of speech, pauses and prompts left out
_LOUD_SHARE = 0.93  # of the remembered frames that are quieter: a cough or a door in the memory changes little
_FAR_DB, _FAR_EVERY = 10.0, 5  # what is so much quieter may be others': they are taken for the caller after 30 s
_SPOKEN_FRAMES = 1500  # voiced ones, 30 s: so long words tell who the caller is
_ATTACK_FRAMES = 3  # louder speech counts from its second frame on; a click does not
_ATTACK_MARGIN_DB = 3.0  # stressed vowels are that much louder


class CallerLevel:
    """Follows one caller through a call. Constant time and memory a frame."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_MEMORY_FRAMES)
        self._ordered: list[float] = []
        self._newest: deque[float] = deque(maxlen=_ATTACK_FRAMES)
        self._far_frames = 0
        self._spoken_db: float | None = None  # of the newest words
        self._frames_since_words = 0

    def heard(self, frame_db: float) -> None:
        """Take the level of a voiced frame, in dB of full scale."""
        self._newest.append(frame_db)
        self._frames_since_words += 1
        if self._frames_since_words > _SPOKEN_FRAMES:
            self._spoken_db = None
        usual_db = self._usual_db
        if usual_db is not None and frame_db < usual_db - _FAR_DB:
            self._far_frames += 1
            if self._far_frames % _FAR_EVERY:
                return
        if len(self._recent) == _MEMORY_FRAMES:
            del self._ordered[bisect_left(self._ordered, self._recent[0])]
        self._recent.append(frame_db)
        insort(self._ordered, frame_db)

    def spoke(self, level_db: float) -> None:
        """Take the level of words that were understood: whoever else was heard before them is not the caller."""
        self._spoken_db = level_db
        self._frames_since_words = 0

    @property
    def speech_db(self) -> float | None:
        """Level of the caller's loud vowels, in dB of full scale; None before anything was heard."""
        newest_db = median(self._newest) - _ATTACK_MARGIN_DB if self._newest else None
        return max((db for db in (self._usual_db, newest_db, self._spoken_db) if db is not None), default=None)

    @property
    def _usual_db(self) -> float | None:
        place = int(_LOUD_SHARE * len(self._ordered))  # at first that of the loudest
        return self._ordered[min(place, len(self._ordered) - 1)] if self._ordered else None
