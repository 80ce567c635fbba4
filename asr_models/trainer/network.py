"""The whole network as Kaldi reads it: the Korean layers, the Russian head, and scores made likelihoods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_models.graphs.units import GARBAGE, SILENCE, Units
from asr_models.trainer.head import SPLICE, HeadLayer
from asr_models.trainer.kaldi_format import Nnet, affine, nnet, nonlinearity, per_class, with_parameters
from asr_models.trainer.korean_model import (
    CEPSTRA,
    RESIDUAL_SCALE,
    SPLICED_FRAMES,
    Affine,
    TrunkWeights,
    component,
)
from asr_models.trainer.recipe import ExportRecipe

_FRAMES_AN_OUTPUT = 3


class _Network:
    """Components in the order they were added, each with its line of configuration."""

    def __init__(self) -> None:
        self.config = [f"input-node name=input dim={CEPSTRA}"]
        self.components: list[bytes] = []
        self.last = "input"

    def add(self, name: str, content: bytes, source: str | None = None) -> None:
        self.config.append(f"component-node name={name} component={name} input={source or self.last}")
        self.components.append(content)
        self.last = name


def network(
    korean: Nnet,
    trunk: TrunkWeights,
    head: list[HeadLayer],
    counts: NDArray[np.int64],
    units: Units,
    recipe: ExportRecipe,
) -> bytes:
    """Put the network together; `counts` says how often each class was seen in training.

    `trunk` holds the Korean layers' numbers as the training left them.
    """
    whole = _Network()
    _add_trunk(whole, korean, trunk)
    for number, layer in enumerate(head, start=1):
        source = _spliced(whole.last, _FRAMES_AN_OUTPUT) if layer.spliced else None
        whole.add(f"head{number}.affine", affine(f"head{number}.affine", layer.weights, layer.bias), source)
        if layer.relu:
            width = len(layer.bias)
            whole.add(f"head{number}.relu", nonlinearity(f"head{number}.relu", "RectifiedLinearComponent", width))
    whole.add("log-softmax", nonlinearity("log-softmax", "LogSoftmaxComponent", units.pdf_count))
    scales, offsets = likelihood_scales(counts, units, recipe)
    whole.add("likelihood-scale", per_class("likelihood-scale", "FixedScaleComponent", scales))
    whole.add("likelihood-offset", per_class("likelihood-offset", "FixedBiasComponent", offsets))
    whole.config.append(f"output-node name=output input={whole.last} objective=linear")
    return nnet(whole.config, whole.components)


def likelihood_scales(
    counts: NDArray[np.int64], units: Units, recipe: ExportRecipe
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the factors and summands that turn log-probabilities of classes into the decoder's log-likelihoods."""
    priors = np.maximum(counts / counts.sum(), recipe.smallest_prior)
    silence = [units.forward_pdf(units.index(SILENCE)), units.selfloop_pdf(units.index(SILENCE))]
    priors[silence] *= min(1.0, recipe.silence_prior / priors[silence].sum())
    scales, offsets = np.ones(units.pdf_count), -np.log(priors)
    garbage = units.forward_pdf(units.index(GARBAGE))
    scales[garbage] = recipe.garbage_scale
    offsets[garbage] = recipe.garbage_scale * offsets[garbage] + recipe.garbage_offset
    return scales, offsets


def _add_trunk(whole: _Network, korean: Nnet, trunk: TrunkWeights) -> None:
    lda = trunk.lda
    assert lda.bias is not None and lda.weights.shape[1] == CEPSTRA * SPLICED_FRAMES
    whole.add("lda", affine("lda", lda.weights, lda.bias), _spliced("input", 1))
    whole.add("tdnn1.affine", _trained(korean, "tdnn1.affine", trunk.first))
    for name in ("tdnn1.relu", "tdnn1.batchnorm"):
        whole.add(name, component(korean, name).content)
    for number, factorised in enumerate(trunk.factorised, start=2):
        layer, entered = f"tdnnf{number}", whole.last
        whole.add(f"{layer}.linear", _trained(korean, f"{layer}.linear", factorised.bottleneck))
        whole.add(f"{layer}.affine", _trained(korean, f"{layer}.affine", factorised.affine))
        for part in ("relu", "batchnorm"):
            whole.add(f"{layer}.{part}", component(korean, f"{layer}.{part}").content)
        joined = f"Sum(Scale({RESIDUAL_SCALE}, {entered}), {whole.last})"
        whole.add(f"{layer}.noop", component(korean, f"{layer}.noop").content, joined)


def _trained(korean: Nnet, name: str, layer: Affine) -> bytes:
    parameters = {"LinearParams": layer.weights} | ({} if layer.bias is None else {"BiasParams": layer.bias})
    return with_parameters(component(korean, name), parameters)


def _spliced(node: str, frames: int) -> str:
    parts = (node if not offset else f"Offset({node}, {offset * frames})" for offset in SPLICE)
    return f"Append({', '.join(parts)})"
