"""A-law and µ-law as linear samples (ITU-T G.711, tables 1 and 2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def _a_law_table() -> npt.NDArray[np.int16]:
    codes = np.arange(256) ^ 0x55
    exponent, mantissa = (codes & 0x70) >> 4, codes & 0x0F
    # 8 in the first segment as in the others is the middle of the step
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(codes & 0x80, magnitude, -magnitude).astype(np.int16)


def _mu_law_table() -> npt.NDArray[np.int16]:
    codes = ~np.arange(256) & 0xFF
    exponent, mantissa = (codes & 0x70) >> 4, codes & 0x0F
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    return np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16)


A_LAW, MU_LAW = _a_law_table(), _mu_law_table()
"""Samples by code."""


def linear(codes: bytes, table: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Expand codes of one byte to 16-bit samples."""
    return table[np.frombuffer(codes, dtype=np.uint8)]
