"""Recordings as telephone audio: WAV and headerless G.711 by own means, all else by ffmpeg where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from asr_models.g711 import A_LAW, MU_LAW, linear
from asr_models.port import SAMPLE_RATE_HZ

LIMIT_BYTES = 512 << 20
LIMIT_SECONDS = 3600
_FFMPEG_LIMIT_SECONDS = 120
_RATES_HZ = range(4000, 400_001)
_MAX_CHANNELS = 64
# Format tags of WAV (RFC 2361; WAVE_FORMAT_EXTENSIBLE carries the real one in its sub-format)
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_HEADERLESS = {".al": A_LAW, ".alaw": A_LAW, ".ul": MU_LAW, ".ulaw": MU_LAW, ".mulaw": MU_LAW, ".sln": None}

_Samples = npt.NDArray[np.float32]  # frames x channels, -1..1


class RecordingUnreadable(Exception):
    """A file is no recording, or of a kind that cannot be read here; the message names it and says what would help."""


def read_recording(file: Path, channel: int | None = None) -> bytes:
    """Read a recording as mono 16-bit audio of 8 kHz: its channels mixed, or one of them, counted from 1.

    WAV (PCM of any width, float, A-law, µ-law), headerless .al, .ul and .sln of 8 kHz; other files by ffmpeg.

    Raises:
        RecordingUnreadable
    """
    try:
        if file.stat().st_size > LIMIT_BYTES:
            raise RecordingUnreadable(f"{file}: larger than {LIMIT_BYTES >> 20} MB")
        content = file.read_bytes()
    except OSError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}") from error
    if not content:
        raise RecordingUnreadable(f"{file}: empty")
    if file.suffix.lower() in _HEADERLESS:
        samples, rate_hz = _headerless(content, _HEADERLESS[file.suffix.lower()]), SAMPLE_RATE_HZ
    elif (wav := _wav(file, content)) is not None:
        samples, rate_hz = wav
    else:
        samples, rate_hz = _by_ffmpeg(file), SAMPLE_RATE_HZ
    if len(samples) > LIMIT_SECONDS * rate_hz:
        raise RecordingUnreadable(f"{file}: longer than {LIMIT_SECONDS // 60} minutes")
    return _pcm16(_one_channel(file, samples, channel), rate_hz)


def _headerless(content: bytes, table: npt.NDArray[np.int16] | None) -> _Samples:
    samples = np.frombuffer(content[: len(content) // 2 * 2], dtype="<i2") if table is None else linear(content, table)
    return samples.astype(np.float32).reshape(-1, 1) / np.float32(32768)


def _wav(file: Path, content: bytes) -> tuple[_Samples, int] | None:
    """Read a WAV; None when it is none, or holds a codec that only ffmpeg reads."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    layout: tuple[int, int, int, int] | None = None
    for name, chunk in _chunks(content):
        if name == b"fmt ":
            if len(chunk) < 16:
                raise RecordingUnreadable(f"{file}: truncated WAV")
            tag, channels, rate_hz = (int.from_bytes(chunk[a:b], "little") for a, b in ((0, 2), (2, 4), (4, 8)))
            width = int.from_bytes(chunk[14:16], "little") // 8
            layout = (int.from_bytes(chunk[24:26], "little") if tag == _EXTENSIBLE else tag, channels, rate_hz, width)
        elif name == b"data" and layout is not None:
            tag, channels, rate_hz, width = layout
            if not 1 <= channels <= _MAX_CHANNELS or rate_hz not in _RATES_HZ:
                raise RecordingUnreadable(f"{file}: damaged WAV ({channels} channels of {rate_hz} Hz)")
            if (tag, width) not in {(_PCM, 1), (_PCM, 2), (_PCM, 3), (_PCM, 4), (_FLOAT, 4), (_A_LAW, 1), (_MU_LAW, 1)}:
                return None
            whole = chunk[: len(chunk) - len(chunk) % (width * channels)]
            return _samples(whole, tag, width).reshape(-1, channels), rate_hz
    raise RecordingUnreadable(f"{file}: truncated WAV")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Part a RIFF file; a length beyond its end (a recording that broke off, a stream) means to the end."""
    place = 12
    while place + 8 <= len(content):
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        yield content[place : place + 4], content[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _samples(raw: bytes, tag: int, width: int) -> _Samples:
    """Return samples in -1..1; WAV keeps 8 bits unsigned and the wider ones signed."""
    if tag in (_A_LAW, _MU_LAW):
        return linear(raw, A_LAW if tag == _A_LAW else MU_LAW).astype(np.float32) / np.float32(32768)
    if tag == _FLOAT:
        return np.clip(np.nan_to_num(np.frombuffer(raw, dtype=np.float32)), -1, 1)
    match width:
        case 1:
            return (np.frombuffer(raw, dtype=np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
        case 3:
            padded = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
            padded[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
            return padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
        case _:
            return np.frombuffer(raw, dtype=f"<i{width}").astype(np.float32) / np.float32(2 ** (8 * width - 1))


def _by_ffmpeg(file: Path) -> _Samples:
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    if ffmpeg is None or ffprobe is None:
        raise RecordingUnreadable(f"{file}: neither WAV, .al, .ul nor .sln; ffmpeg would read it: apt install ffmpeg")
    source = f"file:{file.absolute()}"  # so that nothing else is fetched, whatever the name
    probe = ("-v", "error", "-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv=p=0")
    told = _run(file, ffprobe, *probe, source).split()
    if not told or not told[0].isdigit() or not 1 <= int(told[0]) <= _MAX_CHANNELS:
        raise RecordingUnreadable(f"{file}: no sound in it")
    channels = int(told[0])
    convert = ("-map", "0:a:0", "-t", str(LIMIT_SECONDS + 1), "-ar", str(SAMPLE_RATE_HZ), "-f", "s16le", "-")
    raw = _run(file, ffmpeg, "-nostdin", "-v", "error", "-i", source, *convert)
    whole = raw[: len(raw) - len(raw) % (2 * channels)]
    return np.frombuffer(whole, dtype="<i2").astype(np.float32).reshape(-1, channels) / np.float32(32768)


def _run(file: Path, program: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            (program, *arguments), stdin=subprocess.DEVNULL, capture_output=True, timeout=_FFMPEG_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RecordingUnreadable(f"{file}: {Path(program).name} took too long") from None
    if done.returncode != 0:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = told[-1][-200:] if told else "no reason given"
        raise RecordingUnreadable(f"{file}: {Path(program).name} cannot read it: {reason}")
    return done.stdout


def _one_channel(file: Path, samples: _Samples, channel: int | None) -> _Samples:
    if channel is None:
        mixed: _Samples = samples.mean(axis=1, dtype=np.float32)
        return mixed
    if not 1 <= channel <= samples.shape[1]:
        raise RecordingUnreadable(f"{file}: has {samples.shape[1]} channels, not {channel}")
    chosen: _Samples = samples[:, channel - 1]
    return chosen


def _pcm16(mono: _Samples, rate_hz: int) -> bytes:
    if rate_hz != SAMPLE_RATE_HZ and len(mono):
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ)
    return bytes((np.clip(mono, -1.0, 32767 / 32768) * 32768).astype("<i2").tobytes())
