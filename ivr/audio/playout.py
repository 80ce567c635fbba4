"""What a call is about to hear: audio queued in order, taken in 20 ms frames, each piece stoppable."""

from __future__ import annotations

import asyncio
from collections import deque

from ivr.audio.port import FRAME_BYTES, SAMPLE_RATE_HZ, HungUp, Played

SILENCE = bytes(FRAME_BYTES)
BYTES_PER_SECOND = SAMPLE_RATE_HZ * 2


class PlayoutFull(Exception):
    """More audio is queued than the limit allows: a fault of the dialogue, not of the line."""


class QueuedPlayback:
    """One piece of audio on its way; implements `ivr.audio.port.Playback`."""

    def __init__(self, pcm16: bytes) -> None:
        self._pcm16 = pcm16
        self._sent_bytes = 0
        self._done: asyncio.Future[Played] = asyncio.get_running_loop().create_future()
        self._started: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()

    @property
    def remaining_bytes(self) -> int:
        """Audio not sent yet; 0 once stopped."""
        return 0 if self._done.done() else len(self._pcm16) - self._sent_bytes

    @property
    def heard_seconds(self) -> float:
        """See `ivr.audio.port.Playback`."""
        return self._sent_bytes / BYTES_PER_SECOND

    async def started(self) -> float | None:
        """Wait for the first frame to be sent; return the loop's time then, None when stopped before.

        Raises:
            HungUp: the line closed first.
        """
        return await asyncio.shield(self._started)

    async def finished(self) -> Played:
        """See `ivr.audio.port.Playback`."""
        return await asyncio.shield(self._done)

    def stop(self) -> Played:
        """See `ivr.audio.port.Playback`."""
        played = self._played()
        self._settle(played)
        return played

    def take_frame(self) -> bytes:
        """Return the next frame, padded with silence at the end."""
        frame = self._pcm16[self._sent_bytes : self._sent_bytes + FRAME_BYTES]
        if self._sent_bytes == 0 and not self._started.done():
            self._started.set_result(asyncio.get_running_loop().time())
        self._sent_bytes += len(frame)
        if self._sent_bytes >= len(self._pcm16):
            self._settle(self._played())
        return frame if len(frame) == FRAME_BYTES else frame + SILENCE[len(frame) :]

    def abandon(self, error: HungUp) -> None:
        """Fail whoever waits, because the line is gone."""
        for future in (self._done, self._started):
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting, and that is fine

    def _played(self) -> Played:
        return Played(self.heard_seconds, len(self._pcm16) / BYTES_PER_SECOND)

    def _settle(self, played: Played) -> None:
        if not self._done.done():
            self._done.set_result(played)
        if not self._started.done():
            self._started.set_result(None)


class Playout:
    """Pieces of audio in order."""

    def __init__(self, limit_seconds: float) -> None:
        self._queue: deque[QueuedPlayback] = deque()
        self._limit_bytes = int(limit_seconds * BYTES_PER_SECOND)

    def add(self, pcm16: bytes) -> QueuedPlayback:
        """Queue audio behind what is there.

        Raises:
            PlayoutFull: the limit is reached.
        """
        queued = sum(playback.remaining_bytes for playback in self._queue)
        if queued + len(pcm16) > self._limit_bytes:
            raise PlayoutFull(f"{(queued + len(pcm16)) / BYTES_PER_SECOND:.0f} s of audio queued")
        playback = QueuedPlayback(pcm16)
        self._queue.append(playback)
        return playback

    def next_frame(self) -> bytes:
        """Return the frame that is due now: silence when nothing plays."""
        while self._queue:
            if self._queue[0].remaining_bytes > 0:
                return self._queue[0].take_frame()
            self._queue.popleft().stop()
        return SILENCE

    def abandon(self) -> None:
        """Drop everything because the line is gone."""
        while self._queue:
            self._queue.popleft().abandon(HungUp("line closed while audio was playing"))
