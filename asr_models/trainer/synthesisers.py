"""espeak-ng, festival and ru_tts: synthesisers that speak for the callers, one adapter each."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from asr_models.trainer.clips import read_pcm
from asr_models.trainer.voice_port import Manner, Speech, SynthesiserMissing, to_bank_rate

_SPOKEN_FORMS = Path(__file__).resolve().parent.parent / "graphs" / "spoken.tsv"
_FESTIVAL_LIMIT_SECONDS = 600.0


@lru_cache(maxsize=1)
def _stressed_spellings() -> dict[str, str]:
    spellings: dict[str, str] = {}
    for line in _SPOKEN_FORMS.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and len(fields) >= 2 and fields[1].replace("+", "") == fields[0]:
            spellings.setdefault(fields[0], fields[1])
    return spellings


def with_stress(text: str, *, plus_before_vowel: bool = True) -> str:
    """Mark the stress of the words that the lexicon knows: «бал+анс», or «бала+нс»."""
    words = []
    for token in text.split():
        word = token.rstrip(".,!?")
        spelling = _stressed_spellings().get(word, word)
        if not plus_before_vowel and "+" in spelling:
            before, _, after = spelling.partition("+")
            spelling = before + after[0] + "+" + after[1:]
        words.append(spelling + token[len(word) :])
    return " ".join(words)


_ESPEAK_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_ESPEAK_SYNCHRONOUS, _ESPEAK_RATE, _ESPEAK_PITCH, _ESPEAK_RANGE = 2, 1, 3, 4
_ESPEAK_UTF8_AND_PHONEMES = 0x101
_ESPEAK_STRESS_ERRORS = {"сорок": "[[s'orVk]]"}


class EspeakEngine:
    """espeak-ng's C library; one for a process."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as reason:
            raise SynthesiserMissing("no espeak-ng: apt-get install espeak-ng") from reason
        self._samples = bytearray()
        self._rate_hz = self._library.espeak_Initialize(_ESPEAK_SYNCHRONOUS, 0, None, 0)
        self._callback = _ESPEAK_CALLBACK(self._take_samples)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, variant: str, manner: Manner) -> Speech:
        """Synthesise one text."""
        name = f"{manner.language}+{variant}"
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            return np.zeros(0)
        self._library.espeak_SetParameter(_ESPEAK_RATE, round(160 * manner.rate), 0)
        self._library.espeak_SetParameter(_ESPEAK_PITCH, round(min(95, max(5, 50 + 100 * (manner.pitch - 1)))), 0)
        self._library.espeak_SetParameter(_ESPEAK_RANGE, round(min(95, max(10, 50 * manner.pitch))), 0)
        self._samples.clear()
        text = manner.text
        for word, phonemes in _ESPEAK_STRESS_ERRORS.items():
            text = re.sub(rf"\b{word}\b", phonemes, text)
        encoded = text.encode() + b"\0"
        self._library.espeak_Synth(encoded, len(encoded), 0, 0, 0, _ESPEAK_UTF8_AND_PHONEMES, None, None)
        self._library.espeak_Synchronize()
        return to_bank_rate(np.frombuffer(bytes(self._samples), np.int16) / 32768, self._rate_hz)

    def _take_samples(self, samples: int | None, count: int, _events: int | None) -> int:
        if samples and count:
            self._samples.extend(ctypes.string_at(samples, count * 2))
        return 0


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """A variant of espeak-ng: one more throat, man or woman."""

    engine: EspeakEngine
    variant: str

    def speak(self, texts: Sequence[Manner]) -> list[Speech]:
        """Synthesise each text, in its language."""
        return [self.engine.speak(self.variant, manner) for manner in texts]


@dataclass(frozen=True, slots=True)
class FestivalVoice:
    """Debian's festvox-ru: pieces of a recorded man, many texts in one run of festival."""

    def speak(self, texts: Sequence[Manner]) -> list[Speech]:
        """Synthesise each text; the pitch cannot be set."""
        script = [
            "(voice_msu_ru_nsh_clunits)",
            "(define (say text file) (begin "
            "(utt.save.wave (utt.synth (eval (list 'Utterance 'Text text))) file 'riff) nil))",
        ]
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{index}.wav" for index in range(len(texts))]
            for manner, path in zip(texts, paths, strict=True):
                script.append(f"(Parameter.set 'Duration_Stretch {1 / manner.rate:.2f})")
                script.append(f'(unwind-protect (say "{manner.text}" "{path}") nil)')
            script_path = Path(folder) / "say.scm"
            script_path.write_text("\n".join(script), encoding="utf-8")
            try:
                subprocess.run(
                    ["festival", "-b", str(script_path)],
                    capture_output=True,
                    timeout=_FESTIVAL_LIMIT_SECONDS,
                    check=False,
                )
            except FileNotFoundError as reason:
                raise SynthesiserMissing("no festival: apt-get install festival festvox-ru") from reason
            return [read_pcm(path).astype(np.float64) if path.exists() else np.zeros(0) for path in paths]


class _RuTtsConfig(ctypes.Structure):
    _fields_ = (
        ("speech_rate", ctypes.c_int),
        ("voice_pitch", ctypes.c_int),
        ("intonation", ctypes.c_int),
        ("gap_factors", ctypes.c_int * 8),
        ("flags", ctypes.c_int),
    )


_RU_TTS_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
_RU_TTS_RATE_HZ = 10_000
_RU_TTS_WOMAN = 4


@dataclass(slots=True)
class RuTtsVoice:
    """ru_tts: diphones of a man and of a woman, 1990; through the C library in the package retro-ru-tts.

    Its Python entry point does not work with Python 3.10 and newer (no PY_SSIZE_T_CLEAN), its C functions do.
    """

    woman: bool
    _transfer: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        spec = importlib.util.find_spec("_ru_tts_native")
        if spec is None or spec.origin is None:
            raise SynthesiserMissing("no ru_tts: pip install retro-ru-tts")
        self._transfer = ctypes.CDLL(spec.origin).ru_tts_transfer

    def speak(self, texts: Sequence[Manner]) -> list[Speech]:
        """Synthesise each text, with the stress of the lexicon."""
        return [self._speak(manner) for manner in texts]

    def _speak(self, manner: Manner) -> Speech:
        samples = bytearray()

        def take(chunk: int, size: int, _user: int | None) -> int:
            samples.extend(ctypes.string_at(chunk, size))
            return 0

        config = _RuTtsConfig(
            speech_rate=round(100 * manner.rate),
            voice_pitch=round(100 * manner.pitch),
            intonation=100,
            gap_factors=(ctypes.c_int * 8)(*[100] * 8),
            flags=_RU_TTS_WOMAN if self.woman else 0,
        )
        text = with_stress(manner.text, plus_before_vowel=False).encode("koi8-r", errors="ignore")
        buffer = ctypes.create_string_buffer(8192)
        self._transfer(ctypes.byref(config), text, buffer, ctypes.c_size_t(8192), _RU_TTS_CALLBACK(take), None)
        return to_bank_rate(np.frombuffer(bytes(samples), np.int8) / 128, _RU_TTS_RATE_HZ)
