"""The voice of a test caller: Russian text or a sound file in, 8 kHz telephone audio out."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import wave
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soxr

from ivr.softphone.errors import CallerVoiceFailed
from ivr.softphone.frames import SAMPLE_RATE_HZ
from tts.port import SpeechEngine, SpeechError

_SYNTHESIS_LIMIT_SECONDS = 15.0
_REMEMBERED_PHRASES = 200
_SPEECH_DBFS = -20.0  # usual level of speech on a telephone line


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """How a caller sounds: an espeak-ng voice, its speed in words a minute and its pitch.

    Raises:
        CallerVoiceFailed: not a Russian voice, or a speed or pitch that espeak-ng does not have.
    """

    # Of 42 voices tried with the shipped dialogue and the bundled model, the one that is heard most surely.
    name: str = "ru+f3"  # a variant after a plus sign: ru+f2, ru+m3
    words_per_minute: int = 130
    pitch: int = 50  # 0..99

    def __post_init__(self) -> None:
        # espeak-ng itself takes an unknown voice for the English one, without a word.
        if not re.fullmatch(r"ru(-lv)?(\+\w+)?", self.name, re.IGNORECASE):
            raise CallerVoiceFailed(f"{self.name!r} is not a Russian voice of espeak-ng: use ru, ru+f2, ru+m3, …")
        if not 80 <= self.words_per_minute <= 450 or not 0 <= self.pitch <= 99:
            raise CallerVoiceFailed("a voice has 80 to 450 words a minute and a pitch of 0 to 99")


class CallerVoice(Protocol):
    """Turns what the caller says into sound."""

    async def speech(self, text: str) -> bytes:
        """Return 8 kHz 16-bit audio of a text.

        Raises:
            CallerVoiceFailed: it could not be spoken.
        """


class EspeakCaller:
    """A caller's voice made by the espeak-ng program; phrases once spoken are remembered."""

    def __init__(self, voice: EspeakVoice | None = None) -> None:
        self.voice = voice or EspeakVoice()
        self._remembered: OrderedDict[str, bytes] = OrderedDict()

    async def speech(self, text: str) -> bytes:
        """Speak a text; see CallerVoice."""
        if text in self._remembered:
            self._remembered.move_to_end(text)
            return self._remembered[text]
        pcm16 = await self._synthesise(text)
        self._remembered[text] = pcm16
        if len(self._remembered) > _REMEMBERED_PHRASES:
            self._remembered.popitem(last=False)
        return pcm16

    async def _synthesise(self, text: str) -> bytes:
        program = shutil.which("espeak-ng")
        if program is None:
            raise CallerVoiceFailed("espeak-ng is not installed: `make run` installs it, or give WAV files to say")
        voice = self.voice
        process = await asyncio.create_subprocess_exec(
            program,
            *("-v", voice.name, "-s", str(voice.words_per_minute), "-p", str(voice.pitch), "--stdin", "--stdout"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SYNTHESIS_LIMIT_SECONDS):
                output, complaint = await process.communicate(text.encode())
        except TimeoutError as error:
            raise CallerVoiceFailed(f"espeak-ng took over {_SYNTHESIS_LIMIT_SECONDS:g} s for {text!r}") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode or len(output) <= 44:
            words = complaint.decode(errors="replace").strip() or f"exit code {process.returncode}"
            raise CallerVoiceFailed(f"espeak-ng could not say {text!r}: {words}")
        # Sizes in the header of a piped WAV are placeholders, so the samples are taken by position.
        with wave.open(io.BytesIO(output), "rb") as header:
            rate = header.getframerate()
        return await asyncio.to_thread(telephone_audio, np.frombuffer(output[44:], dtype=np.int16), rate)


class EngineCaller:
    """A caller's voice made by one of the project's own speech engines."""

    def __init__(self, engine: SpeechEngine) -> None:
        self._engine = engine

    async def speech(self, text: str) -> bytes:
        """Speak a text; see CallerVoice."""
        try:
            spoken = await self._engine.synthesise(text)
        except SpeechError as error:
            raise CallerVoiceFailed(f"{self._engine.name} could not say {text!r}: {error}") from error
        samples = np.frombuffer(spoken.pcm16, dtype=np.int16)
        return await asyncio.to_thread(telephone_audio, samples, spoken.sample_rate_hz)


def telephone_audio(samples: np.ndarray, sample_rate_hz: int) -> bytes:
    """Resample to 8 kHz and bring speech to a telephone's usual level; pauses do not count for the level."""
    wide = samples.astype(np.float32) / 32768.0
    narrow = soxr.resample(wide, sample_rate_hz, SAMPLE_RATE_HZ) if sample_rate_hz != SAMPLE_RATE_HZ else wide
    magnitude = np.abs(narrow)
    voiced = narrow[magnitude > 0.05 * magnitude.max(initial=0.0)]
    if voiced.size:
        narrow = narrow * (10 ** (_SPEECH_DBFS / 20) / float(np.sqrt(np.mean(voiced**2))))
    pcm16: bytes = (np.clip(narrow, -1.0, 32767 / 32768) * 32768).astype(np.int16).tobytes()
    return pcm16


def read_wav(path: Path) -> bytes:
    """Read a WAV file (16 bit, any rate; of several channels the first) as 8 kHz audio, its level unchanged.

    Raises:
        CallerVoiceFailed: the file is missing or not such a WAV.
    """
    try:
        with wave.open(str(path), "rb") as source:
            if source.getsampwidth() != 2:
                raise CallerVoiceFailed(f"{path}: only 16-bit WAV files can be said")
            samples = np.frombuffer(source.readframes(source.getnframes()), dtype=np.int16)
            samples = samples.reshape(-1, source.getnchannels())[:, 0]
            rate = source.getframerate()
    except (OSError, EOFError, wave.Error) as error:
        raise CallerVoiceFailed(f"{path} cannot be read as a WAV file: {error}") from error
    if rate == SAMPLE_RATE_HZ:
        return samples.tobytes()
    narrow = soxr.resample(samples.astype(np.float32) / 32768.0, rate, SAMPLE_RATE_HZ)
    pcm16: bytes = (np.clip(narrow, -1.0, 32767 / 32768) * 32768).astype(np.int16).tobytes()
    return pcm16
