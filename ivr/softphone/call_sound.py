"""Both directions of one call's audio between the SIP stack and us."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from itertools import cycle

import numpy as np
from baresip.audio import CallAudio
from baresip.errors import AudioNotActive, AudioRestarted

from ivr.softphone.frames import FRAME_BYTES, FRAME_SECONDS, AudioTrack, SoundRun
from ivr.softphone.settings import SoftphoneSettings

# Sound that was on when the caller finished is the end of the old prompt unless it goes on for longer than this.
_PROMPT_TAIL_SECONDS = 0.3


class CallSound:
    """Takes what arrives, hands over what is to be said, and remembers both with their times.

    A frame of ours counts as sent when the stack's own 20 ms clock took it; one of theirs as heard when its packet
    came (the stack runs without a jitter buffer). Both are known to within one look of the pump.
    """

    def __init__(self, audio: CallAudio, settings: SoftphoneSettings, started_at: float) -> None:
        self._audio = audio
        self._lead_frames = max(2, round(settings.lead_seconds / FRAME_SECONDS))
        self.heard = AudioTrack(settings.sound_dbfs, settings.recording_limit_seconds)
        self.sent = AudioTrack(settings.sound_dbfs, settings.recording_limit_seconds)
        self.news = asyncio.Event()  # set whenever a frame passed
        self._outbox: deque[bytes] = deque()  # bounded by LineCall.say
        self._in_stack: deque[tuple[bytes, bool]] = deque()  # and whether it was queued
        self._behind: Iterator[bytes] | None = None
        self.queued_frames = 0
        self.sent_frames = 0
        self._looked_at = started_at
        self._turn_at = started_at
        self._sounding_at_turn = False

    def queue(self, pcm16: bytes) -> int:
        """Put audio behind what is still to be said; return the value of `sent_frames` when it is out."""
        frames = _frames(pcm16)
        self._outbox += frames
        self.queued_frames += len(frames)
        return self.queued_frames

    def surround(self, pcm16: bytes) -> None:
        """Send this behind everything else and between, from now on and over and over."""
        frames = _frames(pcm16)
        self._behind = cycle(frames) if frames else None

    def exchange(self) -> None:
        """Take and give audio; called by the pump every few milliseconds."""
        try:
            info = self._audio.info()
            now = time.monotonic()
            received = self._audio.read(info.rx_buffered) if info.rx_buffered else b""
            left = max(0, len(self._in_stack) - -(-info.tx_buffered // FRAME_BYTES))
            for _ in range(left):
                frame, was_queued = self._in_stack.popleft()
                self.sent.add(frame, self._looked_at, now)
                self.sent_frames += was_queued
            while info.tx_ready and (self._outbox or self._behind) and len(self._in_stack) < self._lead_frames:
                frame = self._next_frame()
                if self._audio.write(frame) < FRAME_BYTES:
                    break
                self._in_stack.append((frame, bool(self._outbox)))
                if self._outbox:
                    self._outbox.popleft()
        except AudioRestarted:
            # The media was negotiated anew: frames in the stack are lost, as on any phone.
            self.sent_frames += sum(was_queued for _, was_queued in self._in_stack)
            self._in_stack.clear()
            return
        except AudioNotActive:
            return
        if received:
            self.heard.add(received, self._looked_at, now)
        if received or left:
            self.news.set()
        self._looked_at = now

    def _next_frame(self) -> bytes:
        said = self._outbox[0] if self._outbox else bytes(FRAME_BYTES)
        if self._behind is None:
            return said
        both = np.frombuffer(said, np.int16).astype(np.int32) + np.frombuffer(next(self._behind), np.int16)
        return np.clip(both, -32768, 32767).astype(np.int16).tobytes()

    def take_turn(self) -> None:
        """Note that our side has just finished something: from here on the far end's answer is listened for."""
        self._turn_at = time.monotonic()
        last = self.heard.last_sound_at
        self._sounding_at_turn = last is not None and self._turn_at - last < 3 * FRAME_SECONDS
        self.heard.mark(self._turn_at)

    @property
    def new_sound(self) -> SoundRun | None:
        """What the far end sounded since our turn, without the tail of a prompt that we interrupted."""
        run = self.heard.sound_since_mark
        if run is None or (self._sounding_at_turn and run.ended_at <= self._turn_at + _PROMPT_TAIL_SECONDS):
            return None
        return run


def _frames(pcm16: bytes) -> list[bytes]:
    return [pcm16[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for at in range(0, len(pcm16), FRAME_BYTES)]
