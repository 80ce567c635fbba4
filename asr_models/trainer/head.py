"""The Russian head: a small time-delay network over the Korean layers' outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from asr_models.trainer.frame_classifier import FrameClassifier, Pace

SPLICE = (-1, 0, 1)
"""Each hidden layer sees the outputs before and after; in frames of 10 ms the offsets are -3, 0, 3."""


@dataclass(frozen=True, slots=True)
class HeadShape:
    """Size of a head."""

    inputs: int
    bottleneck: int
    width: int
    layers: int
    classes: int


@dataclass(frozen=True, slots=True)
class HeadLayer:
    """An exported layer: weights [outputs, len(offsets) * inputs]."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    spliced: bool
    relu: bool


class Head(FrameClassifier):
    """Hidden layers of spliced bottleneck, affine, ReLU, batch normalisation and dropout; then the classes' affine.

    Takes [windows, frames, inputs] and gives [windows, frames - 2 * margin, classes]: scores before the softmax.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, shape: HeadShape, *, input_dropout: float = 0.0, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(shape.inputs))
        self.register_buffer("scale", torch.ones(shape.inputs))
        widths = [shape.inputs] + [shape.width] * shape.layers
        self.bottlenecks = nn.ModuleList(
            nn.Linear(len(SPLICE) * width, shape.bottleneck, bias=False) for width in widths[:-1]
        )
        self.affines = nn.ModuleList(nn.Linear(shape.bottleneck, shape.width) for _ in self.bottlenecks)
        self.normalisations = nn.ModuleList(nn.BatchNorm1d(shape.width) for _ in self.affines)
        self.output = nn.Linear(shape.width, shape.classes)
        self.input_dropout, self.dropout = nn.Dropout(input_dropout), nn.Dropout(dropout)

    @property
    def margin(self) -> int:
        """How many outputs of the trunk the head sees on either side."""
        return self.shape.layers

    def paces(self) -> tuple[Pace, ...]:
        """Train everything alike."""
        return (Pace(tuple(self.parameters()), 1.0),)

    def hidden_layers(self) -> Iterator[tuple[nn.Linear, nn.Linear, nn.BatchNorm1d]]:
        """Give bottleneck, affine and normalisation of each."""
        return zip(self.bottlenecks, self.affines, self.normalisations, strict=True)

    @classmethod
    def of_layers(cls, layers: Sequence[HeadLayer], *, input_dropout: float = 0.0, dropout: float = 0.0) -> Head:
        """Make the head again that exported these layers, but for its normalisations: see `normalise_anew`."""
        *hidden, output = layers
        pairs = list(zip(hidden[::2], hidden[1::2], strict=True))
        bottleneck, width = hidden[0].weights.shape[0], hidden[1].weights.shape[0]
        inputs = hidden[0].weights.shape[1] // len(SPLICE)
        shape = HeadShape(inputs, bottleneck, width, len(pairs), len(output.bias))
        head = cls(shape, input_dropout=input_dropout, dropout=dropout)
        shifts = [_summand(spliced) for spliced, _ in pairs] + [np.zeros(width)]
        with torch.no_grad():
            head.mean.copy_(torch.from_numpy(-shifts[0]))
            for (spliced, wide), shift, own in zip(pairs, shifts[1:], head.hidden_layers(), strict=True):
                narrow, affine, normalisation = own
                _fill(narrow, spliced.weights)
                _fill(affine, wide.weights, wide.bias)
                normalisation.running_var.fill_(1 - normalisation.eps)
                normalisation.bias.copy_(torch.from_numpy(shift))
            _fill(head.output, output.weights, output.bias)
        return head.eval()

    def normalise_anew(self, x: torch.Tensor) -> None:
        """Let each normalisation take mean and spread from inputs [windows, frames, inputs]; the scores stay.

        A head out of a finished model needs it before it is trained on: in training a normalisation goes by its batch.
        """
        self.eval()
        with torch.no_grad():
            x = (x - self.mean) * self.scale
            for bottleneck, affine, normalisation in self.hidden_layers():
                x = torch.relu(affine(bottleneck(_spliced(x))))
                seen = x.flatten(0, 1)
                mean, variance = seen.mean(dim=0), seen.var(dim=0)
                factor = normalisation.weight / torch.sqrt(normalisation.running_var + normalisation.eps)
                normalisation.bias += (mean - normalisation.running_mean) * factor
                normalisation.weight.copy_(factor * torch.sqrt(variance + normalisation.eps))
                normalisation.running_mean.copy_(mean)
                normalisation.running_var.copy_(variance)
                x = normalisation(seen).view(x.shape)

    def normalise_inputs(self, sample: NDArray[np.float16]) -> None:
        """Take mean and spread of the inputs from a sample [frames, inputs]."""
        values = sample.astype(np.float32)
        self.mean.copy_(torch.from_numpy(values.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(1 / (values.std(axis=0) + 0.05)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score every frame that is `margin` away from the edges."""
        x = self.input_dropout((x - self.mean) * self.scale)
        for bottleneck, affine, normalisation in self.hidden_layers():
            x = torch.relu(affine(bottleneck(_spliced(x))))
            x = normalisation(x.flatten(0, 1)).view(x.shape)
            x = self.dropout(x)
        return cast(torch.Tensor, self.output(x))

    def log_probabilities(self, frames: NDArray[np.float16]) -> NDArray[np.float32]:
        """Score one utterance: [outputs + 2 * margin, inputs] -> [outputs, classes]."""
        self.eval()
        with torch.inference_mode():
            scores = self(torch.from_numpy(frames.astype(np.float32))[None])[0]
            return torch.log_softmax(scores, dim=1).numpy()

    def layers_for_export(self) -> list[HeadLayer]:
        """Fold the normalisations into the layers that follow them.

        Exact, since nothing is padded between the layers: the margins are real inputs.
        """
        repeat = len(SPLICE)
        scale, shift = _numbers(self.scale), -_numbers(self.mean) * _numbers(self.scale)
        layers = []
        for bottleneck, affine, normalisation in self.hidden_layers():
            layers.append(_folded(bottleneck, np.tile(scale, repeat), np.tile(shift, repeat), spliced=True, relu=False))
            layers.append(HeadLayer(_numbers(affine.weight), _numbers(affine.bias), spliced=False, relu=True))
            variance = _numbers(normalisation.running_var) + normalisation.eps
            scale = _numbers(normalisation.weight) / np.sqrt(variance)
            shift = _numbers(normalisation.bias) - _numbers(normalisation.running_mean) * scale
        layers.append(_folded(self.output, scale, shift, spliced=False, relu=False))
        return layers


def _spliced(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([x[:, :-2], x[:, 1:-1], x[:, 2:]], dim=2)


def _summand(layer: HeadLayer) -> NDArray[np.float64]:
    """Give what has to be added to each input of a spliced layer so that it needs no bias."""
    once = layer.weights.reshape(len(layer.weights), len(SPLICE), -1).sum(axis=1)
    return np.linalg.lstsq(once, layer.bias, rcond=None)[0]


def _fill(linear: nn.Linear, weights: NDArray[np.float64], bias: NDArray[np.float64] | None = None) -> None:
    linear.weight.copy_(torch.from_numpy(weights))
    if bias is not None:
        linear.bias.copy_(torch.from_numpy(bias))


def _folded(
    affine: nn.Module, scale: NDArray[np.float64], shift: NDArray[np.float64], *, spliced: bool, relu: bool
) -> HeadLayer:
    weights = _numbers(affine.weight)
    bias = 0.0 if affine.bias is None else _numbers(affine.bias)
    return HeadLayer(weights * scale, bias + weights @ shift, spliced, relu)


def _numbers(tensor: object) -> NDArray[np.float64]:
    return cast(torch.Tensor, tensor).detach().double().numpy()
