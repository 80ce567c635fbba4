"""How long no new word has come: where noise or others' talk hide a pause, this tells that the caller is done."""

from __future__ import annotations

from collections.abc import Sequence

from asr_models.voice_activity import FRAME_SECONDS


class WordClock:
    """Counts frames since the words of a reading last changed; a word that came and went again is no change."""

    def __init__(self) -> None:
        self._frames = 0
        self._words: tuple[str, ...] = ()
        self._since = 0  # frame from which on the words have been these
        self._before: tuple[tuple[str, ...], int] = (), 0  # the words before them, and since when

    @property
    def seconds(self) -> float:
        """Time without a new word."""
        return (self._frames - self._since) * FRAME_SECONDS

    def frame_passed(self) -> None:
        """Let 20 ms pass."""
        self._frames += 1

    def restart(self) -> None:
        """Begin anew: somebody begins to speak."""
        self._since = self._frames
        self._before = self._words, self._frames

    def read(self, words: Sequence[str]) -> None:
        """Take the words of the reading as it is now."""
        now = tuple(words)
        if now == self._words:
            return
        former, former_since = self._before
        self._before = self._words, self._since
        self._words, self._since = now, former_since if now == former else self._frames
