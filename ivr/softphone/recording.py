"""Stereo recordings of a call: the caller on the left, Yulia on the right, on one time line."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from ivr.softphone.errors import CallerVoiceFailed
from ivr.softphone.frames import SAMPLE_RATE_HZ, Samples


def write_stereo_wav(path: Path, left: Samples, right: Samples) -> None:
    """Write two directions of a call as one 8 kHz WAV; the shorter one is filled up with silence."""
    both = np.zeros((max(left.size, right.size), 2), dtype=np.int16)
    both[: left.size, 0] = left
    both[: right.size, 1] = right
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with wave.open(str(unfinished), "wb") as sink:
        sink.setnchannels(2)
        sink.setsampwidth(2)
        sink.setframerate(SAMPLE_RATE_HZ)
        sink.writeframes(both.tobytes())
    unfinished.replace(path)


def read_stereo_wav(path: Path) -> tuple[Samples, Samples]:
    """Read a recording back as (caller, Yulia).

    Raises:
        CallerVoiceFailed: not an 8 kHz stereo WAV.
    """
    try:
        with wave.open(str(path), "rb") as source:
            if source.getnchannels() != 2 or source.getframerate() != SAMPLE_RATE_HZ or source.getsampwidth() != 2:
                raise CallerVoiceFailed(f"{path} is not a recording of a call (8 kHz, 16 bit, stereo)")
            both = np.frombuffer(source.readframes(source.getnframes()), dtype=np.int16).reshape(-1, 2)
    except (OSError, EOFError, wave.Error) as error:
        raise CallerVoiceFailed(f"{path} cannot be read: {error}") from error
    return both[:, 0].copy(), both[:, 1].copy()
