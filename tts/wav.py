"""WAV files: reading what people record, writing what we speak."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from tts.port import Speech, SpeechError

_MAX_SECONDS = 120
_MAX_BYTES = 64 * 1024 * 1024


def read_wav(path: Path) -> Speech:
    """Read a 16-bit PCM WAV of any rate; stereo is mixed to mono.

    Raises:
        SpeechError: not such a file; the message says what it is and what to do.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SpeechError(f"{path.name}: larger than {_MAX_BYTES // 2**20} MB")
        with wave.open(io.BytesIO(path.read_bytes())) as sound:
            width, channels, rate = sound.getsampwidth(), sound.getnchannels(), sound.getframerate()
            promised = sound.getnframes()
            frames = sound.readframes(promised)
    except OSError as error:
        raise SpeechError(f"{path.name}: cannot be read: {error.strerror}") from error
    except (wave.Error, EOFError) as error:
        raise SpeechError(f"{path.name}: not a PCM WAV file ({error}); save it as 16-bit PCM WAV") from error
    if width != 2:
        raise SpeechError(f"{path.name}: {8 * width}-bit samples; save it as 16-bit PCM WAV")
    if channels not in (1, 2):
        raise SpeechError(f"{path.name}: {channels} channels; save it as mono or stereo")
    if not 8000 <= rate <= 192_000:
        raise SpeechError(f"{path.name}: {rate} samples a second; 8000 to 192000 can be used")
    if len(frames) < promised * 2 * channels:
        raise SpeechError(f"{path.name}: cut off in the middle: {len(frames)} of {promised * 2 * channels} bytes")
    if promised > _MAX_SECONDS * rate:
        raise SpeechError(f"{path.name}: longer than {_MAX_SECONDS} s")
    samples = np.frombuffer(frames, "<i2")
    if channels == 2:
        samples = samples.reshape(-1, 2).astype(np.int32).mean(axis=1).round().astype("<i2")
    return Speech(samples.tobytes(), rate)


def wav_bytes(speech: Speech) -> bytes:
    """Return the speech as the bytes of a mono 16-bit WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(speech.sample_rate_hz)
        sound.writeframes(speech.pcm16)
    return file.getvalue()
