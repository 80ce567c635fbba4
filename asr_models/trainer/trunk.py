"""The frozen Korean layers in PyTorch: features -> what the Russian head is trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import linear

from asr_models.trainer.korean_model import RESIDUAL_SCALE, Affine, Normalisation, TrunkWeights

SUBSAMPLING = 3
"""One output for three frames of 10 ms, as `--frame-subsampling-factor` tells the decoder."""

OUTPUT_SECONDS = 0.03


class Trunk:
    """`lda` … `tdnnf9`; one utterance at a time.

    The layers up to the first that splices whole output frames run at every frame, those above only where an output
    needs them. `margin` outputs more are given on either side: what a head that looks so far sees there, since Kaldi
    repeats the first and the last frame.
    """

    def __init__(self, weights: TrunkWeights, margin: int) -> None:
        self._margin = margin
        self._lda = _Layer(weights.lda)
        self._first = _Layer(weights.first, weights.first_normalisation)
        factorised = [(_Layer(f.bottleneck), _Layer(f.affine, f.normalisation)) for f in weights.factorised]
        slow = next(
            index
            for index in range(len(factorised))
            if all(
                offset % SUBSAMPLING == 0 for pair in factorised[index:] for layer in pair for offset in layer.offsets
            )
        )
        self._fast, self._slow = factorised[:slow], factorised[slow:]
        self.width = weights.factorised[-1].affine.weights.shape[0]

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float16]:
        """Run the layers: [frames, 40] -> [ceil(frames / 3) + 2 * margin, width]."""
        outputs = -(-len(features) // SUBSAMPLING)
        before_slow = SUBSAMPLING * (self._margin + sum(_reach(pair, SUBSAMPLING) for pair in self._slow))
        before = before_slow + _reach([self._lda, self._first], 1) + sum(_reach(pair, 1) for pair in self._fast)
        after = before + SUBSAMPLING * outputs - len(features)
        padded = np.pad(features, ((before, after), (0, 0)), mode="edge")
        with torch.inference_mode():
            x = torch.from_numpy(padded)
            x = self._first.activate(self._lda(x, 1), 1)
            for bottleneck, wide in self._fast:
                x = _factorised(x, bottleneck, wide, 1)
            x = x[::SUBSAMPLING]
            for bottleneck, wide in self._slow:
                x = _factorised(x, bottleneck, wide, SUBSAMPLING)
            return x[: outputs + 2 * self._margin].to(torch.float16).numpy()


class _Layer:
    """An affine layer over frames at some offsets, with what follows it."""

    def __init__(self, affine: Affine, normalisation: Normalisation | None = None) -> None:
        self.offsets = affine.offsets_frames
        self._weights = torch.from_numpy(np.array(affine.weights))
        self._bias = None if affine.bias is None else torch.from_numpy(np.array(affine.bias))
        if normalisation is not None:
            self._scale = torch.from_numpy(normalisation.scale)
            self._shift = torch.from_numpy(normalisation.shift)

    def __call__(self, x: torch.Tensor, step: int) -> torch.Tensor:
        """[frames, inputs] at one frame in `step` -> [frames - reach, outputs]."""
        if len(self.offsets) > 1:
            shifts = [(offset - self.offsets[0]) // step for offset in self.offsets]
            frames = len(x) - shifts[-1]
            x = torch.cat([x[shift : shift + frames] for shift in shifts], dim=1)
        return linear(x, self._weights, self._bias)

    def activate(self, x: torch.Tensor, step: int) -> torch.Tensor:
        """Run the layer, its ReLU and its normalisation."""
        return torch.relu(self(x, step)) * self._scale + self._shift


def _factorised(x: torch.Tensor, bottleneck: _Layer, wide: _Layer, step: int) -> torch.Tensor:
    y = wide.activate(bottleneck(x, step), step)
    before = -(bottleneck.offsets[0] + wide.offsets[0]) // step
    return RESIDUAL_SCALE * x[before : before + len(y)] + y


def _reach(layers: tuple[_Layer, ...] | list[_Layer], step: int) -> int:
    """How many inputs the layers look to the left of an output."""
    return -sum(layer.offsets[0] for layer in layers) // step
