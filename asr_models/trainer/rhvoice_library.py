"""RHVoice through its C library, in the trainer's own process."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr_models.trainer.clips import BANK_RATE_HZ
from asr_models.trainer.voice_port import Manner, Speech, SynthesiserMissing, to_bank_rate

_FETCH = "RHVOICE_VOICES=all scripts/rhvoice.sh FOLDER fetches it (then --rhvoice FOLDER/usr)"
_ON_RATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
_ON_SAMPLES = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p)


class _RHVoiceStart(ctypes.Structure):
    """RHVoice_init_params of RHVoice.h, the same in 1.8 (Debian 12) and 1.14 (Debian 13)."""

    _fields_ = (
        ("data_path", ctypes.c_char_p),
        ("config_path", ctypes.c_char_p),
        ("resource_paths", ctypes.c_void_p),
        ("set_sample_rate", _ON_RATE),
        ("play_speech", _ON_SAMPLES),
        ("unused_callbacks", ctypes.c_void_p * 7),
        ("options", ctypes.c_uint),
    )


class _RHVoiceManner(ctypes.Structure):
    _fields_ = (
        ("voice_profile", ctypes.c_char_p),
        ("absolute", ctypes.c_double * 3),
        ("relative_rate", ctypes.c_double),
        ("relative_pitch", ctypes.c_double),
        ("relative_volume", ctypes.c_double),
        ("punctuation_mode", ctypes.c_int),
        ("punctuation_list", ctypes.c_char_p),
        ("capitals_mode", ctypes.c_int),
        ("flags", ctypes.c_int),
    )


class RHVoiceEngine:
    """RHVoice's C library with its voices; one for a process."""

    def __init__(self, root: Path) -> None:
        libraries = [
            path for pattern in ("lib/*/libRHVoice.so.*", "lib/libRHVoice.so.*") for path in root.glob(pattern)
        ]
        if not libraries:
            raise SynthesiserMissing(f"no RHVoice in {root}: {_FETCH}")
        for pattern in ("libsonic.so.*", "libRHVoice_core.so.*"):
            for needed in sorted(libraries[0].parent.glob(pattern))[:1]:
                ctypes.CDLL(str(needed), mode=ctypes.RTLD_GLOBAL)
        self._library = ctypes.CDLL(str(sorted(libraries)[0]))
        self._library.RHVoice_new_tts_engine.restype = ctypes.c_void_p
        self._library.RHVoice_new_message.restype = ctypes.c_void_p
        self._library.RHVoice_new_message.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self._library.RHVoice_speak.argtypes = [ctypes.c_void_p]
        self._library.RHVoice_delete_message.argtypes = [ctypes.c_void_p]
        self._data = root / "share" / "RHVoice"
        self._samples = bytearray()
        self._rate_hz = BANK_RATE_HZ
        start = _RHVoiceStart(
            data_path=bytes(self._data),
            config_path=bytes(root / "etc" / "RHVoice"),
            set_sample_rate=_ON_RATE(self._take_rate),
            play_speech=_ON_SAMPLES(self._take_samples),
        )
        self._kept = start  # RHVoice keeps bare pointers to it
        self._engine = self._library.RHVoice_new_tts_engine(ctypes.byref(start))
        if not self._engine:
            raise SynthesiserMissing(f"RHVoice did not start with the data in {self._data}")

    def voice(self, name: str) -> RHVoiceVoice:
        """Return one of its voices.

        Raises:
            SynthesiserMissing: the voice is not installed.
        """
        if not (self._data / "voices" / name).is_dir():
            raise SynthesiserMissing(f"RHVoice has no voice {name} in {self._data}: {_FETCH}")
        return RHVoiceVoice(self, name)

    def speak(self, voice: str, manner: Manner) -> Speech:
        """Synthesise one text."""
        how = _RHVoiceManner(
            voice_profile=voice.encode(), relative_rate=manner.rate, relative_pitch=manner.pitch, relative_volume=1
        )
        self._samples.clear()
        encoded = manner.text.encode()
        message = self._library.RHVoice_new_message(self._engine, encoded, len(encoded), 0, ctypes.byref(how), None)
        if not message:
            return np.zeros(0)
        self._library.RHVoice_speak(message)
        self._library.RHVoice_delete_message(message)
        return to_bank_rate(np.frombuffer(bytes(self._samples), np.int16) / 32768, self._rate_hz)

    def _take_rate(self, rate_hz: int, _user: int | None) -> int:
        self._rate_hz = rate_hz
        return 1

    def _take_samples(self, samples: int, count: int, _user: int | None) -> int:
        self._samples.extend(ctypes.string_at(samples, count * 2))
        return 1


@dataclass(frozen=True, slots=True)
class RHVoiceVoice:
    """One voice of RHVoice."""

    engine: RHVoiceEngine
    name: str

    def speak(self, texts: Sequence[Manner]) -> list[Speech]:
        """Synthesise each text."""
        return [self.engine.speak(self.name, manner) for manner in texts]
