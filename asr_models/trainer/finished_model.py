"""A finished model folder as a network again, to be trained on: `--from-model`."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from asr_models.trainer.head import Head, HeadLayer
from asr_models.trainer.kaldi_format import KaldiFormatError, Nnet, read_nnet
from asr_models.trainer.korean_model import trunk_weights
from asr_models.trainer.recipe import TuningRecipe
from asr_models.trainer.trunk import TrunkLayers
from asr_models.trainer.whole_network import WholeNetwork
from asr_models.trainer.windows import Shard

_SAMPLE_OUTPUTS = 20_000  # ten minutes


def acoustic_model_of(folder: Path) -> Path:
    """Name the file of a model folder's network."""
    return folder / "phrases" / "am" / "final.mdl"


def network_of(folder: Path, recipe: TuningRecipe, sample: Shard) -> WholeNetwork:
    """Read a model's network, to be trained on speech like the sample.

    Raises:
        OSError: there is no such file.
        KaldiFormatError: it is not a network that this trainer wrote.
    """
    nnet = read_nnet(acoustic_model_of(folder).read_bytes())
    head = Head.of_layers(_head_layers(nnet), input_dropout=recipe.input_dropout, dropout=recipe.dropout)
    network = WholeNetwork(TrunkLayers(trunk_weights(nnet)), head, recipe.trunk_share)
    network.normalise_anew(np.asarray(sample.frames[:_SAMPLE_OUTPUTS], np.float32))
    return network


def _head_layers(nnet: Nnet) -> list[HeadLayer]:
    layers = []
    for number in count(1):
        component = nnet.components.get(f"head{number}.affine")
        if component is None:
            break
        weights, bias = (component.parameters[name].astype(np.float64) for name in ("LinearParams", "BiasParams"))
        layers.append(HeadLayer(weights, bias, spliced=number % 2 == 1, relu=number % 2 == 0))
    if len(layers) < 3:
        raise KaldiFormatError("the network has no Russian head")
    return [*layers[:-1], replace(layers[-1], spliced=False)]
