"""Other throats from one voice by the WORLD vocoder: what resampling cannot do, formants apart from the pitch.

M. Morise et al., "WORLD: a vocoder-based high-quality speech synthesis system for real-time applications", 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import BANK_RATE_HZ

_SHORTEST_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Timbre:
    """How a speaker differs from the voice that was synthesised."""

    pitch: float  # factor
    formants: float  # factor of their frequencies; above 1 is a shorter throat
    liveliness: float  # of the melody: 0 monotone, 1 as it was
    breath: float  # 0..1, share of noise added to the voiced sound


def with_timbre(speech: NDArray[np.float64], timbre: Timbre) -> NDArray[np.float64]:
    """Re-synthesise speech (16 kHz) by another throat; same length and timing."""
    import pyworld

    if len(speech) < _SHORTEST_SECONDS * BANK_RATE_HZ:
        return speech
    speech = np.ascontiguousarray(speech, np.float64)
    rough, times = pyworld.dio(speech, BANK_RATE_HZ, f0_floor=60.0)
    pitch = pyworld.stonemask(speech, rough, times, BANK_RATE_HZ)
    envelope = pyworld.cheaptrick(speech, pitch, times, BANK_RATE_HZ)
    aperiodicity = pyworld.d4c(speech, pitch, times, BANK_RATE_HZ)
    voiced = pitch > 0
    if voiced.any():
        middle = np.exp(np.mean(np.log(pitch[voiced])))
        pitch[voiced] = middle * (pitch[voiced] / middle) ** timbre.liveliness * timbre.pitch
    bins = envelope.shape[1]
    source = np.minimum(np.arange(bins) / timbre.formants, bins - 1)
    low = source.astype(int)
    share = source - low
    high = np.minimum(low + 1, bins - 1)
    warped = np.exp((1 - share) * np.log(envelope[:, low] + 1e-16) + share * np.log(envelope[:, high] + 1e-16))
    noisy = 1 - (1 - aperiodicity) * (1 - timbre.breath * np.linspace(0.3, 1, bins))
    out = pyworld.synthesize(pitch, np.ascontiguousarray(warped), np.ascontiguousarray(noisy), BANK_RATE_HZ)
    return np.asarray(out[: len(speech)], np.float64)
