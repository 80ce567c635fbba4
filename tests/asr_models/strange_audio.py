"""Audio that is no speech: what a line can bring, and what it never should. The same at each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
SECONDS = 2.5
_COUNT = int(SECONDS * RATE_HZ)
_TIME = np.arange(_COUNT) / RATE_HZ
_KEYS_HZ = ((697, 1209), (770, 1336), (852, 1477), (941, 1633))

Samples = npt.NDArray[np.float64]


def _sines(*frequencies_hz: float) -> Samples:
    return sum((np.sin(2 * np.pi * frequency * _TIME) for frequency in frequencies_hz), np.zeros(_COUNT))


def _music(chance: np.random.Generator) -> Samples:
    notes = np.repeat(chance.choice([196, 220, 262, 330, 392, 440, 523], _COUNT // 1600 + 1), 1600)[:_COUNT]
    phase = 2 * np.pi * np.cumsum(notes) / RATE_HZ
    fading = np.exp(-3 * (np.arange(_COUNT) % 1600) / 1600)
    return sum((np.sin(phase * harmonic) / harmonic for harmonic in range(1, 6)), np.zeros(_COUNT)) * fading * 8000


def _keys(_chance: np.random.Generator) -> Samples:
    pressed = np.zeros(_COUNT)
    for number in range(0, _COUNT, 2400):
        low, high = _KEYS_HZ[number // 2400 % 4]
        pressed[number : number + 1600] = (_sines(low, high) * 6000)[number : number + 1600]
    return pressed


def _clicks(chance: np.random.Generator) -> Samples:
    return np.where(chance.random(_COUNT) < 0.002, 32767.0, 0.0) * chance.choice([-1, 1], _COUNT)


def _syllables(chance: np.random.Generator) -> Samples:
    """Noise in the rhythm of speech: it leads a decoder into many words."""
    return chance.normal(0, 9000, _COUNT) * np.abs(np.sin(2 * np.pi * 3 * _TIME))


_KINDS: dict[str, Callable[[np.random.Generator], Samples]] = {
    "silence": lambda _: np.zeros(_COUNT),
    "faint hiss": lambda chance: chance.normal(0, 3, _COUNT),
    "white noise": lambda chance: chance.normal(0, 4000, _COUNT),
    "clipped noise": lambda chance: chance.normal(0, 1e6, _COUNT),
    "noise like syllables": _syllables,
    "brown noise": lambda chance: np.cumsum(chance.normal(0, 300, _COUNT)),
    "square wave": lambda _: np.sign(_sines(180)) * 32767,
    "mains hum": lambda _: _sines(50, 100, 150) * 8000,
    "tone": lambda _: _sines(425) * 12000,
    "sweep": lambda _: np.sin(2 * np.pi * (100 * _TIME + 700 * _TIME**2)) * 20000,
    "telephone keys": _keys,
    "music": _music,
    "clicks": _clicks,
    "full offset": lambda _: np.full(_COUNT, 32767.0),
    "alternating extremes": lambda _: np.where(np.arange(_COUNT) % 2, 32767.0, -32768.0),
    "one bit": lambda chance: chance.integers(0, 2, _COUNT).astype(np.float64),
}

_BYTES: dict[str, Callable[[np.random.Generator], bytes]] = {
    "0xff bytes": lambda _: b"\xff" * (2 * _COUNT),
    "0x80 bytes": lambda _: b"\x80" * (2 * _COUNT),
    "random bytes": lambda chance: chance.bytes(2 * _COUNT),
    "a text": lambda _: ("абонент временно недоступен " * _COUNT).encode()[: 2 * _COUNT],
    "A-law taken for samples": lambda chance: bytes(0x55 ^ byte & 0x8F for byte in chance.bytes(2 * _COUNT)),
}

STRANGE = (*_KINDS, *_BYTES)


def strange_audio(kind: str, seed: int = 1) -> bytes:
    """Return 16-bit audio of one kind."""
    chance = np.random.default_rng(seed)
    if kind in _BYTES:
        return _BYTES[kind](chance)
    return bytes(np.clip(_KINDS[kind](chance), -32768, 32767).astype("<i2").tobytes())


def in_strange_pieces(audio: bytes, seed: int, *, whole_samples: bool = True) -> Iterator[bytes]:
    """Cut audio into pieces from nothing to seconds."""
    chance = np.random.default_rng(seed)
    place = 0
    while place < len(audio):
        size = int(chance.choice([0, 1, 2, 3, 160, 319, 320, 321, 640, 4000, 40_000]))
        if whole_samples:
            size -= size % 2
        yield audio[place : place + size]
        place += size
