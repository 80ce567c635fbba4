"""Voice activity: which of a caller's frames are worth recognising. Time is counted in frames."""

from __future__ import annotations

from collections import deque

import numpy as np

from asr_models.caller_level import CallerLevel
from asr_models.foreground import Foreground
from asr_models.levelling import Amplifier, gain_db, known_ahead
from asr_models.settings import GateSettings
from asr_models.voice_activity import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SILENCE_DB, VoiceActivity, samples_of
from asr_models.voicing import periodicity

_PERIODIC = 0.4  # white noise and breath stay below it, vowels at 12 dB above noise above
_LONGEST_LOOK_BACK_FRAMES = 50  # 1 s, for speech that began before the gate might open


class SpeechGate:
    """Open while the caller speaks: voice activity in the foreground, with hysteresis and a look-back."""

    def __init__(
        self, settings: GateSettings | None = None, caller: CallerLevel | None = None, *, dictation: bool = False
    ) -> None:
        """Start with the line's settings and what is known of the caller's loudness, which the gate adds to.

        `dictation`: a number is expected, spoken in groups.
        """
        self._settings = settings or GateSettings()
        self._caller = caller or CallerLevel()
        self._foreground = Foreground(self._settings, self._caller)
        self._level = CallerLevel()  # of this utterance; of all of them while a number is dictated
        self._dictation = dictation
        self._amplifier = Amplifier()
        self._activity = VoiceActivity(self._settings)
        self._recent_callers: deque[bool] = deque(maxlen=self._settings.onset_window_frames)
        self._recent_periodic: deque[bool] = deque(maxlen=self._settings.onset_window_frames)
        self._frame_before = np.zeros(FRAME_SAMPLES, np.float32)
        self._look_back_frames = max(1, round(self._settings.look_back_seconds / FRAME_SECONDS))
        self._look_back: deque[tuple[bytes, float | None]] = deque(maxlen=_LONGEST_LOOK_BACK_FRAMES)  # level known then
        self._held_back_frames = 0  # of speech that began while the gate might not open
        close_seconds = self._settings.dictation_close_seconds if dictation else self._settings.close_seconds
        self._close_frames = max(1, round(close_seconds / FRAME_SECONDS))
        self.is_open = False
        self.former_db: float | None = None  # of the utterance that ended with the newest frame as a nearer one began
        self.pause_frames = 0  # since the caller's last frame, or since the first frame when there was none
        self.frame_is_voiced = False  # the newest one
        self.periodic_frames = 0  # of this utterance, with the pitch of a voice as loud as the caller's

    @property
    def pause_seconds(self) -> float:
        """How long the caller has been silent."""
        return self.pause_frames * FRAME_SECONDS

    @property
    def quiet_seconds(self) -> float:
        """How long nobody has spoken as loudly as the caller does."""
        return self._foreground.quiet_frames * FRAME_SECONDS

    @property
    def utterance_db(self) -> float:
        """How loud this utterance is: its loudest tenth of a second, in dB of full scale."""
        return self._foreground.loudest_db

    @property
    def frame_db(self) -> float:
        """Level of the newest frame as it came, in dB of full scale."""
        return self._activity.frame_db

    def take(self, pcm16: bytes, *, may_open: bool = True, floor_db: float = SILENCE_DB) -> bytes:
        """Judge one 20 ms frame; return the audio to recognise: nothing, the frame, or the look-back with it.

        Judged is the frame as it came; what is returned is brought to the level that callers are recognised at.
        Somebody who begins to speak much nearer than those in the utterance so far begins another one: see `former_db`.
        What is not louder than `floor_db` is no speech (an echo may be that loud).
        """
        if len(pcm16) != FRAME_BYTES:
            raise ValueError(f"a frame has {FRAME_BYTES} bytes, not {len(pcm16)}")
        voiced = self.frame_is_voiced = self._activity.is_voiced(pcm16, floor_db)
        if voiced:
            self._caller.heard(self.frame_db)
            self._level.heard(self.frame_db)
        callers = self._foreground.is_callers(self.frame_db, voiced=voiced)
        self._recent_callers.append(callers)
        self._recent_periodic.append(self._is_periodic(pcm16))
        begun = self.is_open or (callers and sum(self._recent_callers) >= self._settings.onset_frames)
        self.pause_frames = 0 if callers and begun else self.pause_frames + 1
        self._look_back.append((pcm16, self._level_db))
        is_new = self.is_open and may_open and self._foreground.stands_out
        self.former_db = self._foreground.before_db if is_new else None
        if self.is_open and not is_new:
            self.periodic_frames += self._recent_periodic[-1]
            if self.pause_frames >= self._close_frames:
                self.close()
            return self._levelled(pcm16, self._level_db)
        if not (may_open and begun):
            speaks = any(self._recent_callers) and (begun or self._held_back_frames > 0)
            self._held_back_frames = self._held_back_frames + 1 if speaks else 0
            return b""
        self.is_open = True
        self._foreground.begin()
        self.periodic_frames = sum(self._recent_periodic)
        self._amplifier = Amplifier()
        missed = list(self._look_back)[-(self._look_back_frames + self._held_back_frames) :]
        self._held_back_frames = 0
        levels_db = known_ahead([db for _, db in missed], self._settings.onset_frames - 1)
        return b"".join(self._levelled(pcm16, db) for (pcm16, _), db in zip(missed, levels_db, strict=True))

    def words_heard(self) -> None:
        """Learn that what passed so far holds words: its loudest moments are the caller's."""
        if self._foreground.spoken_db is not None:
            self._caller.spoke(self._foreground.spoken_db)

    def close(self) -> None:
        """Take what comes next as a new utterance."""
        self.is_open = False
        self._foreground.end()
        self._recent_callers.clear()
        self._recent_periodic.clear()
        self._look_back.clear()  # its audio has been heard already
        if not self._dictation:  # words alone are learned with their first sounds louder, groups of a number are not
            self._level = CallerLevel()

    @property
    def _level_db(self) -> float | None:
        """How loud this utterance is to be taken for: as loud as it is, if that is not far below the caller."""
        usual_db = self._caller.speech_db
        least_db = SILENCE_DB if usual_db is None else usual_db - self._settings.background_margin_db
        return None if self._level.speech_db is None else max(self._level.speech_db, least_db)

    def _levelled(self, pcm16: bytes, level_db: float | None) -> bytes:
        return self._amplifier.amplified(pcm16, gain_db(level_db)) if self._settings.levelling else pcm16

    def _is_periodic(self, pcm16: bytes) -> bool:
        samples = samples_of(pcm16)
        stretch, self._frame_before = np.concatenate([self._frame_before, samples]), samples
        is_near = self._foreground.quiet_frames == 0
        return self.frame_is_voiced and is_near and periodicity(stretch) >= _PERIODIC
