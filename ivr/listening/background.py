"""The line's background while prompts play: other people, traffic, an echo. Time is counted in frames."""

from __future__ import annotations

from collections import deque

import numpy as np

_FRAMES = 150
_KNOWN_FRAMES = 40  # in a call's first second its echo is not known yet, either
_ONSET_FRAMES = 10  # the newest ones may be the caller's first word, and are no background
_LOUD_SHARE = 0.9


class Background:
    """How loud it is without the caller; lives as long as the call."""

    def __init__(self) -> None:
        self._levels_db: deque[float] = deque(maxlen=_FRAMES + _ONSET_FRAMES)

    def take(self, frame_db: float) -> None:
        """Take the level of one frame that came while a prompt was playing."""
        self._levels_db.append(frame_db)

    def forget_newest(self) -> list[float]:
        """Leave out the newest frames, which may be words of the caller; return their levels in order."""
        newest = [self._levels_db.pop() for _ in range(min(_ONSET_FRAMES, len(self._levels_db)))]
        return newest[::-1]

    @property
    def loud_db(self) -> float:
        """The level of its loud moments (dB of full scale); 0 until it is known."""
        known = list(self._levels_db)[:-_ONSET_FRAMES]
        return float(np.quantile(known, _LOUD_SHARE)) if len(known) >= _KNOWN_FRAMES else 0.0
