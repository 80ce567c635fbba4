"""The Korean layers in PyTorch: cepstra -> what the Russian head hears by."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import linear

from asr_models.trainer.korean_model import RESIDUAL_SCALE, Affine, FactorisedLayer, Normalisation, TrunkWeights

SUBSAMPLING = 3
"""One output for three frames of 10 ms, as `--frame-subsampling-factor` tells the decoder."""


class TrunkLayers(nn.Module):
    """`lda` … `tdnnf9` over windows: [windows, frames, 40] -> [windows, outputs, width].

    The layers up to the first that splices whole output frames run at every frame, those above only where an output
    needs them. The first output is `reach_frames` after the window's beginning, the last as far from its end.
    The input's transform and the normalisations keep their numbers in any training.
    """

    def __init__(self, weights: TrunkWeights) -> None:
        super().__init__()
        self._lda = _Layer(weights.lda, is_trained=False)
        self._first = _NormalisedLayer(weights.first, weights.first_normalisation)
        factorised = [_Factorised(layer) for layer in weights.factorised]
        slow = next(
            index
            for index in range(len(factorised))
            if all(offset % SUBSAMPLING == 0 for layer in factorised[index:] for offset in layer.offsets_frames)
        )
        self._fast, self._slow = nn.ModuleList(factorised[:slow]), nn.ModuleList(factorised[slow:])
        self._slow_reach_frames = -sum(layer.first_frame for layer in factorised[slow:])
        fast_reach_frames = -self._lda.first_frame - self._first.first_frame
        fast_reach_frames -= sum(layer.first_frame for layer in factorised[:slow])
        self.reach_frames = self._slow_reach_frames + fast_reach_frames
        self.width = len(weights.factorised[-1].affine.weights)

    def forward(self, cepstra: torch.Tensor) -> torch.Tensor:
        """Run the layers."""
        x = self._first(self._lda(cepstra, 1), 1)
        for layer in self._fast:
            x = layer(x, 1)
        x = x[:, self._slow_reach_frames % SUBSAMPLING :: SUBSAMPLING]
        for layer in self._slow:
            x = layer(x, SUBSAMPLING)
        return x

    def weights(self) -> TrunkWeights:
        """Give the layers' numbers back, after a training."""
        return TrunkWeights(
            self._lda.numbers(),
            self._first.numbers(),
            self._first.normalisation,
            tuple(layer.numbers() for layer in (*self._fast, *self._slow) if isinstance(layer, _Factorised)),
        )


class Trunk:
    """The layers over one utterance, as Kaldi runs them: it repeats the first and the last frame.

    `margin` outputs more are given on either side: what a head that looks so far sees there.
    """

    def __init__(self, weights: TrunkWeights, margin: int) -> None:
        self._margin = margin
        self._layers = TrunkLayers(weights)
        self.width = self._layers.width

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float16]:
        """Run the layers: [frames, 40] -> [ceil(frames / 3) + 2 * margin, width]."""
        outputs = -(-len(features) // SUBSAMPLING)
        before = SUBSAMPLING * self._margin + self._layers.reach_frames
        after = before + SUBSAMPLING * outputs - len(features)
        padded = np.pad(features, ((before, after), (0, 0)), mode="edge")
        with torch.inference_mode():
            x = self._layers(torch.from_numpy(padded)[None])[0]
            return x[: outputs + 2 * self._margin].to(torch.float16).numpy()


class _Layer(nn.Module):
    """An affine layer over frames at some offsets: [windows, frames, inputs] -> [windows, frames - reach, outputs]."""

    bias: torch.Tensor | None

    def __init__(self, affine: Affine, *, is_trained: bool = True) -> None:
        super().__init__()
        self._offsets = affine.offsets_frames
        self.weight = nn.Parameter(torch.from_numpy(np.array(affine.weights)), requires_grad=is_trained)
        bias = None if affine.bias is None else nn.Parameter(torch.from_numpy(np.array(affine.bias)), is_trained)
        self.register_parameter("bias", bias)

    @property
    def first_frame(self) -> int:
        """How far before a frame the layer begins to look; at most 0."""
        return self._offsets[0]

    @property
    def offsets_frames(self) -> tuple[int, ...]:
        """Where the layer looks."""
        return self._offsets

    def forward(self, x: torch.Tensor, step: int) -> torch.Tensor:
        """Run the layer on one frame in `step`."""
        if len(self._offsets) > 1:
            shifts = [(offset - self._offsets[0]) // step for offset in self._offsets]
            frames = x.shape[1] - shifts[-1]
            x = torch.cat([x[:, shift : shift + frames] for shift in shifts], dim=2)
        return linear(x, self.weight, self.bias)

    def numbers(self) -> Affine:
        """Give the numbers as they are now."""
        bias = None if self.bias is None else self.bias.detach().numpy()
        return Affine(self._offsets, self.weight.detach().numpy(), bias)


class _NormalisedLayer(_Layer):
    """An affine layer, its ReLU and its normalisation, which keeps its numbers."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, affine: Affine, normalisation: Normalisation) -> None:
        super().__init__(affine)
        self.normalisation = normalisation
        self.register_buffer("scale", torch.from_numpy(normalisation.scale))
        self.register_buffer("shift", torch.from_numpy(normalisation.shift))

    def forward(self, x: torch.Tensor, step: int) -> torch.Tensor:
        """Run the layer on one frame in `step`."""
        return torch.relu(super().forward(x, step)) * self.scale + self.shift


class _Factorised(nn.Module):
    """A bottleneck and a wide layer, added to the scaled input."""

    def __init__(self, layer: FactorisedLayer) -> None:
        super().__init__()
        self._bottleneck = _Layer(layer.bottleneck)
        self._wide = _NormalisedLayer(layer.affine, layer.normalisation)

    @property
    def offsets_frames(self) -> tuple[int, ...]:
        """Where its layers look."""
        return (*self._bottleneck.offsets_frames, *self._wide.offsets_frames)

    @property
    def first_frame(self) -> int:
        """How far before a frame it begins to look."""
        return self._bottleneck.first_frame + self._wide.first_frame

    def forward(self, x: torch.Tensor, step: int) -> torch.Tensor:
        """Run the layer on one frame in `step`."""
        y = self._wide(self._bottleneck(x, step), step)
        before = -self.first_frame // step
        return RESIDUAL_SCALE * x[:, before : before + y.shape[1]] + y

    def numbers(self) -> FactorisedLayer:
        """Give the numbers as they are now."""
        return FactorisedLayer(self._bottleneck.numbers(), self._wide.numbers(), self._wide.normalisation)
