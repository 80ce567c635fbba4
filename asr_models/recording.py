"""Recordings as telephone audio."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from asr_models.port import SAMPLE_RATE_HZ


class RecordingUnreadable(Exception):
    """A file is not a WAV with PCM samples."""


def read_recording(file: Path) -> bytes:
    """Read a PCM WAV of any rate, width and number of channels as mono 16-bit audio of 8 kHz.

    Raises:
        RecordingUnreadable: no such file, or another format.
    """
    try:
        with wave.open(str(file), "rb") as recording:
            rate_hz, width, channels = recording.getframerate(), recording.getsampwidth(), recording.getnchannels()
            raw = recording.readframes(recording.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise RecordingUnreadable(f"{file}: {error or 'truncated'}") from error
    samples = _samples(raw[: len(raw) - len(raw) % (width * channels)], width)
    mono = samples.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    if rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ)
    return bytes((np.clip(mono, -1.0, 32767 / 32768) * 32768).astype("<i2").tobytes())


def _samples(raw: bytes, width: int) -> npt.NDArray[np.float32]:
    """Return samples in -1..1; WAV keeps 8 bits unsigned and the wider ones signed."""
    match width:
        case 1:
            return (np.frombuffer(raw, dtype=np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
        case 3:
            padded = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
            padded[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
            return padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
        case _:
            return np.frombuffer(raw, dtype=f"<i{width}").astype(np.float32) / np.float32(2 ** (8 * width - 1))
