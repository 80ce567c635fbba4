"""The gain that brings every caller to the loudness that the model was trained at (docs/adr/0024-one-level.md).

Heard at a known level, a person is told by loudness from those who talk behind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from asr_models.caller_level import CallerLevel
from asr_models.voice_activity import FRAME_BYTES, FRAME_SAMPLES, VoiceActivity, samples_of

TARGET_DB = -20.0
"""Level of a caller's loud vowels after the gain, of full scale: peaks have 12 to 15 dB more."""

_GAINS_DB = (-20.0, 34.0)


def gain_db(speech_db: float | None) -> float:
    """Give what brings a caller of this loudness to `TARGET_DB`; 0 before anything was heard."""
    if speech_db is None:
        return 0.0
    least, most = _GAINS_DB
    return min(max(TARGET_DB - speech_db, least), most)


class Amplifier:
    """Applies a changing gain to a stream without clicks."""

    def __init__(self) -> None:
        self._factor: float | None = None

    def amplified(self, pcm16: bytes, gain_db: float) -> bytes:
        """Return the audio with the gain, reached from the former one within it."""
        samples = samples_of(pcm16)
        factor = 10 ** (gain_db / 20)
        first = factor if self._factor is None else self._factor
        self._factor = factor
        louder = samples * (factor if first == factor else np.linspace(first, factor, len(samples), dtype=np.float32))
        return bytes(np.clip(np.rint(louder), -32768, 32767).astype("<i2").data)


def known_ahead(levels_db: Sequence[float | None], frames: int) -> list[float | None]:
    """Give what is known so many frames later than each of these: first the first thing known, at the end the last.

    The gain of a beginning is the gain of its first vowel: it comes before anything is known.
    """
    first_db = next((db for db in levels_db if db is not None), None)
    known_db = [first_db if db is None else db for db in levels_db]
    return [*known_db[frames:], *known_db[-1:] * frames][: len(levels_db)]


def levelled(pcm16: npt.NDArray[np.int16], look_ahead_frames: int = 0) -> npt.NDArray[np.int16]:
    """Level a whole recording as the line would; what comes before the first voiced frame gets that one's gain.

    The gain is known `look_ahead_frames` early, as it is for the audio from before a speech gate opened.
    """
    activity, level, amplifier = VoiceActivity(), CallerLevel(), Amplifier()
    padded = np.concatenate([pcm16, np.zeros(-len(pcm16) % FRAME_SAMPLES, np.int16)]).astype("<i2").tobytes()
    frames = [padded[place : place + FRAME_BYTES] for place in range(0, len(padded), FRAME_BYTES)]
    levels_db: list[float | None] = []
    for frame in frames:
        if activity.is_voiced(frame):
            level.heard(activity.frame_db)
        levels_db.append(level.speech_db)
    ahead_db = known_ahead(levels_db, look_ahead_frames)
    louder = b"".join(amplifier.amplified(frame, gain_db(db)) for frame, db in zip(frames, ahead_db, strict=True))
    return np.frombuffer(louder, dtype="<i2")[: len(pcm16)].astype(np.int16)
