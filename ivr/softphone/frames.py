"""One direction of a call's audio with the times at which it passed, and what follows from them."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 8000
FRAME_SECONDS = 0.02
FRAME_BYTES = 320

# A stall that is made up for within this time is lateness; one that is not is a break in the stream.
_RECOVERY_SECONDS = 0.5
# Smaller steps of the laid-out time are noise of the pump and are not worth a click in the recording.
_SLACK_SECONDS = 0.012

Samples = NDArray[np.int16]


def level_dbfs(pcm16: bytes) -> float:
    """Return the RMS level of some audio in dB of full scale; -120 for digital silence."""
    samples = np.frombuffer(pcm16, dtype=np.int16).astype(np.float32)
    if not samples.size:
        return -120.0
    mean_square = float(np.dot(samples, samples)) / samples.size / 32768.0**2
    return max(-120.0, 10.0 * float(np.log10(mean_square))) if mean_square > 0 else -120.0


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of a call's audio, or less at the end of a stream."""

    pcm16: bytes
    at: float  # it had passed by then
    is_sound: bool


@dataclass(frozen=True, slots=True)
class SoundRun:
    """A stretch of sound without a long pause in it; times of time.monotonic()."""

    started_at: float
    ended_at: float

    @property
    def seconds(self) -> float:
        """Length of the stretch."""
        return self.ended_at - self.started_at


@dataclass(frozen=True, slots=True)
class FrameLateness:
    """How punctually 20 ms frames reached the caller.

    Lateness is RFC 5481's packet delay variation: a frame against the quickest frame of the half second that follows,
    that is against the playout point of a phone whose jitter buffer knew the future. The arrival of a frame is known
    only to lie between two looks of the pump (`pump_p99_seconds` apart): `late_frames` are late for certain,
    `maybe_late_frames` may be. A stall that the sender never makes up for is no lateness but a break: `missing_frames`
    is how many frames would have filled the breaks. The stream's own start and end do not count.
    Neither the caller's jitter buffer (there is none) nor the pump's delay is part of the figures, and the pump's
    slowest look says how far they can be trusted.
    """

    frames: int
    late_frames: int  # later than 60 ms for certain
    maybe_late_frames: int  # later than 60 ms unless the pump was late itself; includes late_frames
    missing_frames: int
    breaks: int
    p50_seconds: float
    p99_seconds: float
    max_seconds: float
    longest_gap_seconds: float  # between two frames, for certain
    pump_p99_seconds: float
    pump_max_seconds: float

    @property
    def late_share(self) -> float:
        """Late and missing frames among all that should have come, 0..1."""
        expected = self.frames + self.missing_frames
        return (self.late_frames + self.missing_frames) / expected if expected else 0.0


class AudioTrack:
    """Audio of one direction, piece by piece, each with the two looks of the pump it passed between."""

    def __init__(self, sound_dbfs: float, keep_seconds: float) -> None:
        self._sound_dbfs = sound_dbfs
        self._keep_bytes = int(keep_seconds * SAMPLE_RATE_HZ) * 2
        self._pieces: list[bytes] = []
        self._kept_bytes = 0
        # Parallel arrays, since a bench keeps millions of frames: looks before and after, samples before the piece.
        self._after = array("d")
        self._before = array("d")
        self._start_sample = array("q")
        self._loud = bytearray()
        self._marked_at = 0.0
        self._marked_sound_from: float | None = None
        self.samples = 0
        self.first_sound_at: float | None = None
        self.last_sound_at: float | None = None  # end of the last frame with sound
        self.first_frame_at: float | None = None

    @property
    def full(self) -> bool:
        """Whether no more audio is kept (times still are)."""
        return self._kept_bytes >= self._keep_bytes

    def add(self, pcm16: bytes, after: float, before: float) -> None:
        """Note audio that was not there at `after` and was there at `before`."""
        for start in range(0, len(pcm16), FRAME_BYTES):
            frame = pcm16[start : start + FRAME_BYTES]
            self._after.append(after)
            self._before.append(before)
            self._start_sample.append(self.samples)
            self.samples += len(frame) // 2
            loud = level_dbfs(frame) >= self._sound_dbfs
            self._loud.append(loud)
            if loud:
                if self.first_sound_at is None:
                    self.first_sound_at = before
                self.last_sound_at = before
                if self._marked_sound_from is None and before > self._marked_at:
                    self._marked_sound_from = before
            self._pieces.append(b"" if self.full else frame)
            self._kept_bytes += len(self._pieces[-1])
        if self.first_frame_at is None:
            self.first_frame_at = before

    def frames_from(self, piece: int) -> list[Frame]:
        """Return the frames from an index on; those beyond the limit are empty."""
        count = len(self._pieces)
        return [Frame(self._pieces[i], self._before[i], bool(self._loud[i])) for i in range(piece, count)]

    def mark(self, moment: float) -> None:
        """Start listening afresh: `sound_since_mark` counts only sound that comes after a moment."""
        self._marked_at = moment
        self._marked_sound_from = None

    @property
    def sound_since_mark(self) -> SoundRun | None:
        """The first and last frame with sound after the mark, as one stretch."""
        if self._marked_sound_from is None or self.last_sound_at is None:
            return None
        return SoundRun(self._marked_sound_from, self.last_sound_at)

    def sound_runs(self, pause_seconds: float = 0.3) -> list[SoundRun]:
        """Split the sound so far at pauses of at least the given length."""
        runs: list[SoundRun] = []
        started: float | None = None
        ended = 0.0
        for loud, before in zip(self._loud, self._before, strict=True):
            if not loud:
                continue
            if started is not None and before - ended >= pause_seconds:
                runs.append(SoundRun(started, ended))
                started = None
            if started is None:
                started = before
            ended = before
        if started is not None:
            runs.append(SoundRun(started, ended))
        return runs

    def laid_out(self, started_at: float, ended_at: float) -> Samples:
        """Place the audio on a common time line: sample 0 is `started_at`.

        Frames of one unbroken stream stay together; a break becomes silence of its length. The end of a frame is
        put where it arrived (received audio) or was handed to the network (sent audio), less what lateness it had.
        """
        total = max(0, round((ended_at - started_at) * SAMPLE_RATE_HZ))
        line: Samples = np.zeros(total, dtype=np.int16)
        cursor = 0
        slack = round(_SLACK_SECONDS * SAMPLE_RATE_HZ)
        pieces = self._pieces[:]  # a live call's pump may go on adding meanwhile
        for piece, offset, start in zip(pieces, self._stream_offsets(len(pieces)), self._start_sample, strict=False):
            due = round((offset - FRAME_SECONDS - started_at) * SAMPLE_RATE_HZ) + start
            if due > cursor + slack or not cursor:
                cursor = max(cursor, due)
            samples = np.frombuffer(piece, dtype=np.int16)[: max(0, total - cursor)]
            line[cursor : cursor + samples.size] = samples
            cursor += samples.size
        return line

    def lateness(self, late_seconds: float = 0.06) -> FrameLateness:
        """Judge the punctuality of the frames so far; see FrameLateness for what the figures mean."""
        count = len(self._pieces)
        if not count:
            return FrameLateness(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        before = np.array(self._before[:count])
        after = np.array(self._after[:count])
        played = np.array(self._start_sample[:count]) / SAMPLE_RATE_HZ
        base = np.array(self._stream_offsets(count))
        surely = np.maximum(0.0, after - played - base)
        perhaps = before - played - base
        width = before - after
        steps = np.diff(base)
        # What the pump itself may have added is no break of the sender's.
        breaks = steps[steps > FRAME_SECONDS * 0.75 + np.maximum(width[1:], width[:-1])]
        gaps = after[1:] - before[:-1]
        return FrameLateness(
            frames=count,
            late_frames=int(np.count_nonzero(surely > late_seconds)),
            maybe_late_frames=int(np.count_nonzero(perhaps > late_seconds)),
            missing_frames=round(float(breaks.sum()) / FRAME_SECONDS),
            breaks=int(breaks.size),
            p50_seconds=float(np.percentile(surely, 50)),
            p99_seconds=float(np.percentile(surely, 99)),
            max_seconds=float(surely.max()),
            longest_gap_seconds=max(0.0, float(gaps.max())) if count > 1 else 0.0,
            pump_p99_seconds=float(np.percentile(width, 99)),
            pump_max_seconds=float(width.max()),
        )

    def _stream_offsets(self, count: int) -> list[float]:
        # Per frame: arrival less its place in the stream, taken from the quickest frame of the half second that
        # follows (a sliding minimum from the end backwards).
        lag = [self._before[i] - self._start_sample[i] / SAMPLE_RATE_HZ for i in range(count)]
        offsets = [0.0] * count
        window: deque[int] = deque()
        for i in range(count - 1, -1, -1):
            while window and lag[window[-1]] >= lag[i]:
                window.pop()
            window.append(i)
            while self._before[window[0]] - self._before[i] > _RECOVERY_SECONDS:
                window.popleft()
            offsets[i] = lag[window[0]]
        return offsets
