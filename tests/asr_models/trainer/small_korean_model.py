"""A network built like the Korean model, with few and random numbers."""

from __future__ import annotations

import numpy as np

from asr_models.trainer import kaldi_format
from asr_models.trainer.kaldi_format import (
    affine,
    float32,
    int32,
    int_vector,
    matrix,
    nnet,
    nonlinearity,
    token,
    vector,
)

CEPSTRA, IVECTOR, WIDTH, BOTTLENECK = 40, 5, 8, 3
SLOW_FROM = 6  # the layer from which on frames are three apart


def small_korean_mdl(seed: int = 0) -> bytes:
    """Write a whole `final.mdl`."""
    random = np.random.default_rng(seed)

    def numbers(*shape: int) -> np.ndarray:
        return random.standard_normal(shape) / np.sqrt(shape[-1])

    config = [f"input-node name=ivector dim={IVECTOR}", f"input-node name=input dim={CEPSTRA}"]
    components = []
    spliced = "Append(Offset(input, -1), input, Offset(input, 1), ReplaceIndex(ivector, t, 0))"

    def add(name: str, content: bytes, source: str) -> None:
        config.append(f"component-node name={name} component={name} input={source}")
        components.append(content)

    add("lda", affine("lda", numbers(6, 3 * CEPSTRA + IVECTOR), numbers(6)), spliced)
    add("tdnn1.affine", affine("tdnn1.affine", numbers(WIDTH, 6), numbers(WIDTH)), "lda")
    add("tdnn1.relu", nonlinearity("tdnn1.relu", "RectifiedLinearComponent", WIDTH), "tdnn1.affine")
    add("tdnn1.batchnorm", _normalisation("tdnn1.batchnorm", random), "tdnn1.relu")
    last = "tdnn1.batchnorm"
    for number in range(2, 13):
        name, step = f"tdnnf{number}", 0 if number == SLOW_FROM - 1 else 1 if number < SLOW_FROM else 3
        before, after = ([-step, 0], [0, step]) if step else ([0], [0])
        linear = _tdnn(f"{name}.linear", before, numbers(BOTTLENECK, WIDTH * len(before)), np.zeros(0))
        add(f"{name}.linear", linear, last)
        wide = _tdnn(f"{name}.affine", after, numbers(WIDTH, BOTTLENECK * len(after)), numbers(WIDTH))
        add(f"{name}.affine", wide, f"{name}.linear")
        add(f"{name}.relu", nonlinearity(f"{name}.relu", "RectifiedLinearComponent", WIDTH), f"{name}.affine")
        add(f"{name}.batchnorm", _normalisation(f"{name}.batchnorm", random), f"{name}.relu")
        add(f"{name}.noop", _no_operation(f"{name}.noop"), f"Sum(Scale(0.66, {last}), {name}.batchnorm)")
        last = f"{name}.noop"
    config.append(f"output-node name=output input={last} objective=linear")
    return kaldi_format.acoustic_model(kaldi_format.transition_model([(0, 1)]), nnet(config, components))


def _start(name: str, kind: str) -> bytes:
    return token("<ComponentName>") + token(name) + token(f"<{kind}>")


def _tdnn(name: str, offsets: list[int], weights: np.ndarray, bias: np.ndarray) -> bytes:
    body = token("<LearningRate>") + float32(1e-4) + token("<TimeOffsets>") + int_vector(offsets)
    body += token("<LinearParams>") + matrix(weights) + token("<BiasParams>") + vector(bias)
    return _start(name, "TdnnComponent") + body + token("</TdnnComponent>")


def _normalisation(name: str, random: np.random.Generator) -> bytes:
    body = token("<Dim>") + int32(WIDTH) + token("<Epsilon>") + float32(1e-3)
    body += token("<StatsMean>") + vector(random.uniform(0, 0.5, WIDTH))
    body += token("<StatsVar>") + vector(random.uniform(0.3, 1, WIDTH))
    return _start(name, "BatchNormComponent") + body + token("</BatchNormComponent>")


def _no_operation(name: str) -> bytes:
    body = token("<Dim>") + int32(WIDTH) + token("<BackpropScale>") + float32(1.0)
    return _start(name, "NoOpComponent") + body + token("</NoOpComponent>")
