"""A finished model folder as a network again, to be trained on: `--from-model`."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.export import acoustic_model_of
from asr_models.trainer.head import Head, HeadLayer
from asr_models.trainer.kaldi_format import KaldiFormatError, Nnet, read_nnet
from asr_models.trainer.korean_model import component, trunk_weights
from asr_models.trainer.recipe import TuningRecipe
from asr_models.trainer.trunk import TrunkLayers
from asr_models.trainer.whole_network import WholeNetwork
from asr_models.trainer.windows import Shard

_SAMPLE_OUTPUTS = 20_000  # ten minutes


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
    """Read the layers that were exported: each hidden one a spliced bottleneck and its affine, then the classes'."""
    last = next(number for number in count() if f"head{number + 1}.affine" not in nnet.components)
    if last < 3 or last % 2 == 0:
        raise KaldiFormatError("the network has no Russian head")
    return [
        HeadLayer(*_numbers(nnet, number), spliced=number % 2 == 1 and number < last, relu=number % 2 == 0)
        for number in range(1, last + 1)
    ]


def _numbers(nnet: Nnet, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    parameters = component(nnet, f"head{number}.affine").parameters
    return parameters["LinearParams"].astype(np.float64), parameters["BiasParams"].astype(np.float64)
