"""What the whole network takes: cepstra with margins, three frames of 10 ms an output."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.korean_model import CEPSTRA
from asr_models.trainer.trunk import SUBSAMPLING


def padded_cepstra(features: NDArray[np.float32], margin: int) -> NDArray[np.float16]:
    """Repeat the first and the last frame, as Kaldi does: [frames, 40] -> [ceil(frames / 3) + 2 * margin, 120]."""
    outputs = -(-len(features) // SUBSAMPLING)
    before = SUBSAMPLING * margin
    padded = np.pad(features, ((before, before + SUBSAMPLING * outputs - len(features)), (0, 0)), mode="edge")
    return padded.astype(np.float16).reshape(-1, SUBSAMPLING * CEPSTRA)
