"""Telephone speech for tests: espeak-ng at 8 kHz, cut and mixed with pauses, noise and tones."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import soxr

from asr_models.port import SAMPLE_RATE_HZ

FRAME_BYTES = 320
_ESPEAK_HEADER_BYTES = 44
_ESPEAK_RATE_HZ = 22050

_NUMBER_WORDS = """
    ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать
    пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать тридцать сорок пятьдесят шестьдесят
    семьдесят восемьдесят девяносто
"""
DIGIT_PHRASES = tuple(_NUMBER_WORDS.split())


@lru_cache(maxsize=64)
def spoken(text: str, *, voice: str = "ru", words_per_minute: int = 140, level_db: float = -22.0) -> bytes:
    """Speak Russian text, without silence around it."""
    espeak = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text],
        check=True,
        capture_output=True,
        timeout=20,
    )
    samples = np.frombuffer(espeak.stdout[_ESPEAK_HEADER_BYTES:], dtype="<i2").astype(np.float32)
    telephone = soxr.resample(samples, _ESPEAK_RATE_HZ, SAMPLE_RATE_HZ)
    loud = np.nonzero(np.abs(telephone) > 0.01 * np.abs(telephone).max())[0]
    telephone = telephone[loud[0] : loud[-1] + 1]
    gain = 32768 * 10 ** (level_db / 20) / np.sqrt(np.mean(telephone**2))
    return _pcm16(telephone * gain)


def silence(seconds: float) -> bytes:
    """Digital silence, as the line sends it."""
    return bytes(int(seconds * SAMPLE_RATE_HZ) * 2)


def noise(seconds: float, *, level_db: float, seed: int = 1) -> bytes:
    """White noise, the same at each run."""
    samples = np.random.default_rng(seed).normal(0, 32768 * 10 ** (level_db / 20), int(seconds * SAMPLE_RATE_HZ))
    return _pcm16(samples)


def crowd(seconds: float, *, level_db: float) -> bytes:
    """Five people who talk without end."""
    talk = "так вот она мне и говорит что завтра приедет и привезёт всё что мы просили а я отвечаю конечно"
    count = int(seconds * SAMPLE_RATE_HZ)
    voices = [np.frombuffer(spoken(talk, voice=f"ru+{name}"), "<i2") for name in ("f2", "m3", "f4", "m1", "f5")]
    together = sum(np.resize(np.roll(voice.astype(float), 5000 * place), count) for place, voice in enumerate(voices))
    return _pcm16(together * 32768 * 10 ** (level_db / 20) / np.sqrt(np.mean(together**2)))


def tones(frequencies_hz: tuple[int, ...], seconds: float, *, level_db: float = -12.0) -> bytes:
    """Sines of equal strength, as a telephone key makes two of."""
    time = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = sum((np.sin(2 * np.pi * frequency * time) for frequency in frequencies_hz), np.zeros(len(time)))
    return _pcm16(wave / len(frequencies_hz) * 32768 * 10 ** (level_db / 20))


def mixed(one: bytes, other: bytes) -> bytes:
    """Add two pieces of audio of the same length or cut them to the shorter one."""
    size = min(len(one), len(other))
    return _pcm16(_floats(one[:size]) + _floats(other[:size]))


def frames(audio: bytes) -> Iterator[bytes]:
    """Cut into 20 ms frames, the last one filled up with silence."""
    for place in range(0, len(audio), FRAME_BYTES):
        yield audio[place : place + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")


def _floats(pcm16: bytes) -> npt.NDArray[np.float32]:
    return np.frombuffer(pcm16, dtype="<i2").astype(np.float32)


def _pcm16(samples: npt.NDArray[np.floating]) -> bytes:
    return bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
