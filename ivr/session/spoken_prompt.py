"""One prompt as it sounds: how much of its text was heard, and where to begin again after a cut."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from dialogs.engine.vocabulary import Prompt
from tts.port import Speech
from tts.sentences import sentences

ELLIPSIS = "…"
SHORT_HOLD_SECONDS = 0.4
"""After a shorter silence the caller still has the beginning of the sentence in the ear."""

_ALL_HEARD_SECONDS = 0.1  # with less than this missing nothing is missed
_PAUSE_SECONDS = 0.06
_LEAD_SECONDS = 0.03  # a sentence's own silence before its first sound
_SENTENCE_PAUSE_SECONDS = 0.2  # in a recording, whose sentences are not known
_FRAME_SECONDS = 0.01
_QUIET_BELOW_LOUDEST_DB = 35.0


@dataclass(slots=True)
class SpokenPrompt:
    """One prompt and its audio."""

    prompt: Prompt
    speech: Speech
    heard_seconds: float = 0.0  # the furthest place the caller was sent

    def played_to(self, seconds: float) -> None:
        """Note how far it was played; what was said again does not make less of it."""
        self.heard_seconds = max(self.heard_seconds, min(seconds, self.speech.seconds))

    @property
    def heard_text(self) -> str:
        """The words that were heard, with an ellipsis where the rest was cut off; empty when there were none.

        Within a sentence words are taken to last as long as they are written.
        """
        if self.speech.seconds - self.heard_seconds <= _ALL_HEARD_SECONDS:
            return self.prompt.text
        texts = sentences(self.prompt.text)
        starts = self.speech.sentence_starts_seconds
        if len(starts) != len(texts):
            texts, starts = [self.prompt.text], (0.0,)
        cut = bisect_right(starts, self.heard_seconds) - 1
        end = starts[cut + 1] if cut + 1 < len(starts) else self.speech.seconds
        end = min((start for start, stop in _pauses(self.speech) if start < end <= stop + _LEAD_SECONDS), default=end)
        share = (self.heard_seconds - starts[cut]) / (end - starts[cut])
        heard = " ".join([*texts[:cut], *_first_words(texts[cut], share)])
        return heard and (f"{heard} {ELLIPSIS}" if heard[-1] in ".!?" else heard.rstrip(" ,:;—") + ELLIPSIS)

    def place_to_go_on(self, cut_seconds: float, silent_seconds: float) -> float:
        """Return where to begin again: at the cut sentence, or at the last pause when the cut was short."""
        if self.speech.seconds - cut_seconds <= _ALL_HEARD_SECONDS:
            return cut_seconds
        pauses = _pauses(self.speech)
        starts = self.speech.sentence_starts_seconds or (
            0.0,
            *(end for start, end in pauses if end - start >= _SENTENCE_PAUSE_SECONDS),
        )
        places = [start for start in starts if start <= cut_seconds]
        if silent_seconds < SHORT_HOLD_SECONDS:
            places += [end for _, end in pauses if end <= cut_seconds]
        return max(places, default=0.0)


def _first_words(text: str, share: float) -> list[str]:
    words = text.split(" ")
    written = accumulate(len(word) + 1 for word in words)
    return [word for word, end in zip(words, written, strict=True) if end - 1 <= share * len(text)]


def _pauses(speech: Speech) -> list[tuple[float, float]]:
    """Return the quiet stretches inside some speech, in seconds."""
    length = round(_FRAME_SECONDS * speech.sample_rate_hz)
    samples = np.frombuffer(speech.pcm16, "<i2").astype(np.float64)
    whole = samples[: len(samples) // length * length].reshape(-1, length)
    power = np.mean(whole**2, axis=1)
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (-_QUIET_BELOW_LOUDEST_DB / 10))
    frames = _PAUSE_SECONDS / _FRAME_SECONDS
    return [
        ((last + 1) * _FRAME_SECONDS, following * _FRAME_SECONDS)
        for last, following in pairwise(loud.tolist())
        if following - last - 1 >= frames
    ]
