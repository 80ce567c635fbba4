"""What the trainer wants of a speech synthesiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from asr_models.trainer.clips import BANK_RATE_HZ

Speech = NDArray[np.float64]  # [samples] at 16 kHz, -1..1


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is said: factors of the voice's usual rate and pitch."""

    text: str
    rate: float
    pitch: float
    language: str = "ru"


class Synthesiser(Protocol):
    """Speaks texts with one voice."""

    def speak(self, texts: Sequence[Manner]) -> list[Speech]:
        """Synthesise each text; empty where the synthesiser failed."""


class SynthesiserMissing(RuntimeError):
    """A program, library or voice is not installed; the message says how to get it."""


def to_bank_rate(samples: NDArray[np.float64], rate_hz: int) -> Speech:
    """Resample what a synthesiser gave."""
    if rate_hz == BANK_RATE_HZ or len(samples) == 0:
        return samples
    return np.asarray(soxr.resample(samples, rate_hz, BANK_RATE_HZ), np.float64)
