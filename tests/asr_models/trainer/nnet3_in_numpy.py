"""What Kaldi does with a network, word for word and slowly: to hold ours against it."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.kaldi_format import Component, Nnet

_OFFSET = re.compile(r"Offset\(([\w.-]+), (-?\d+)\)")
_SUM = re.compile(r"Sum\(Scale\(([\d.]+), ([\w.-]+)\), ([\w.-]+)\)")


class Nnet3:
    """A network that is asked for the output at a frame; the first and the last frame are repeated."""

    def __init__(self, network: Nnet, features: NDArray[np.float32]) -> None:
        self._features = features
        self._components = network.components
        self._sources = {}
        for line in network.config:
            fields = dict(part.split("=", 1) for part in re.split(r" (?=[\w-]+=)", line) if "=" in part)
            self._sources[fields["name"]] = fields.get("input", "")
        self.at = lru_cache(maxsize=None)(self._at)

    def _at(self, node: str, frame: int) -> NDArray[np.float64]:
        if node == "input":
            return self._features[min(max(frame, 0), len(self._features) - 1)].astype(np.float64)
        source = self._sources[node]
        if node == "output":
            return self.at(source.split(" ")[0], frame)
        component = self._components[node]
        if component.kind == "TdnnComponent":
            offsets = component.parameters["TimeOffsets"]
            inputs = np.concatenate([self._source(source, frame + int(offset)) for offset in offsets])
        else:
            inputs = self._source(source, frame)
        return _applied(component, inputs)

    def _source(self, source: str, frame: int) -> NDArray[np.float64]:
        if source.startswith("Append("):
            parts = source[len("Append(") : -1]
            named = _OFFSET.sub(lambda match: f"{match[1]}@{match[2]}", parts).split(", ")
            places = [(name, int(offset or 0)) for name, _, offset in (part.partition("@") for part in named)]
            return np.concatenate([self.at(name, frame + offset) for name, offset in places])
        if match := _SUM.fullmatch(source):
            return float(match[1]) * self.at(match[2], frame) + self.at(match[3], frame)
        return self.at(source, frame)


def _applied(component: Component, x: NDArray[np.float64]) -> NDArray[np.float64]:
    numbers = component.parameters
    match component.kind:
        case "AffineComponent" | "FixedAffineComponent" | "NaturalGradientAffineComponent" | "TdnnComponent":
            y = numbers["LinearParams"].astype(np.float64) @ x
            return y + numbers["BiasParams"] if len(numbers["BiasParams"]) else y
        case "RectifiedLinearComponent":
            return np.maximum(x, 0)
        case "BatchNormComponent":
            return (x - numbers["StatsMean"]) / np.sqrt(numbers["StatsVar"] + numbers["Epsilon"])
        case "NoOpComponent":
            return x
        case "LogSoftmaxComponent":
            return x - x.max() - np.log(np.exp(x - x.max()).sum())
        case "FixedScaleComponent":
            return x * numbers["Scales"]
        case "FixedBiasComponent":
            return x + numbers["Bias"]
    raise AssertionError(component.kind)
