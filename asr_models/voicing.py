"""Whether a sound has a pitch: vowels have, breath, clatter and most of a cough have not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asr_models.port import SAMPLE_RATE_HZ

_LOWEST_PITCH_HZ, _HIGHEST_PITCH_HZ = 70, 400
_LAGS = np.arange(SAMPLE_RATE_HZ // _HIGHEST_PITCH_HZ, SAMPLE_RATE_HZ // _LOWEST_PITCH_HZ + 1)


def periodicity(samples: npt.NDArray[np.float32]) -> float:
    """Return how well 40 ms (or so) of telephone audio repeat themselves at the best pitch of a voice: -1..1.

    The maximum of the autocorrelation, normalised by the energy of the two stretches that are compared.
    """
    centred = samples - samples.mean()
    size = len(centred)
    spectrum = np.fft.rfft(centred, 1 << (2 * size - 1).bit_length())
    products = np.fft.irfft(np.abs(spectrum) ** 2)[_LAGS]
    energy = np.concatenate([[0.0], np.cumsum(centred.astype(np.float64) ** 2)])
    norms = np.sqrt(energy[size - _LAGS] * (energy[size] - energy[_LAGS]))
    return float(np.max(products / np.maximum(norms, 1e-9)))
