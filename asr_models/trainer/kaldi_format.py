"""Kaldi's binary model format: writing and reading what a Vosk acoustic model (`final.mdl`) is made of.

Layouts as Kaldi writes them: util/kaldi-io, hmm/transition-model.cc, nnet3/nnet-nnet.cc and am-nnet-simple.cc,
nnet3/nnet-simple-component.cc; little endian.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BINARY_MARK = b"\0B"
_COMPONENT = re.compile(rb"<ComponentName> (\S+) <(\w+)> ")
_PARAMETERS = (
    "LinearParams",
    "BiasParams",
    "Params",
    "StatsMean",
    "StatsVar",
    "Epsilon",
    "TimeOffsets",
    "Scales",
    "Bias",
)


class KaldiFormatError(Exception):
    """The bytes are not the model that was expected; the message says where."""


@dataclass(frozen=True, slots=True)
class Component:
    """One nnet3 component: its type, its bytes as they stand in the file, and its numbers."""

    name: str
    kind: str  # "TdnnComponent", ...
    content: bytes  # from <ComponentName> on
    parameters: dict[str, Array]  # matrices [rows, columns], vectors, Epsilon as a vector of one


@dataclass(frozen=True, slots=True)
class Nnet:
    """The network of an acoustic model: its configuration lines and its components by name."""

    config: tuple[str, ...]
    components: dict[str, Component]


def token(text: str) -> bytes:
    """Write a token."""
    return text.encode("ascii") + b" "


def int32(value: int) -> bytes:
    """Write an integer."""
    return b"\x04" + struct.pack("<i", value)


def float32(value: float) -> bytes:
    """Write a single-precision number."""
    return b"\x04" + struct.pack("<f", value)


def float64(value: float) -> bytes:
    """Write a double-precision number."""
    return b"\x08" + struct.pack("<d", value)


def int_vector(values: Iterable[int]) -> bytes:
    """Write a vector of integers."""
    array = np.asarray(list(values), dtype="<i4")
    return int32(len(array)) + array.tobytes()


def vector(values: Array | Sequence[float]) -> bytes:
    """Write a vector of single-precision numbers."""
    array = np.asarray(values, dtype="<f4")
    return b"FV " + int32(len(array)) + array.tobytes()


def matrix(values: Array) -> bytes:
    """Write a matrix of single-precision numbers, row by row."""
    array = np.ascontiguousarray(values, dtype="<f4")
    return b"FM " + int32(array.shape[0]) + int32(array.shape[1]) + array.tobytes()


def affine(name: str, weights: Array, bias: Array) -> bytes:
    """Write an `AffineComponent`; weights [outputs, inputs]."""
    head = (
        token("<ComponentName>") + token(name) + token("<AffineComponent>") + token("<LearningRate>") + float32(0.001)
    )
    numbers = token("<LinearParams>") + matrix(weights) + token("<BiasParams>") + vector(bias)
    return head + numbers + token("</AffineComponent>")


def per_class(name: str, kind: str, values: Array) -> bytes:
    """Write a component of one number a class: `FixedScaleComponent` or `FixedBiasComponent`."""
    field = {"FixedScaleComponent": "<Scales>", "FixedBiasComponent": "<Bias>"}[kind]
    head = token("<ComponentName>") + token(name) + token(f"<{kind}>")
    return head + token(field) + vector(values) + token(f"</{kind}>")


def nonlinearity(name: str, kind: str, width: int) -> bytes:
    """Write a component without weights: `RectifiedLinearComponent`, `LogSoftmaxComponent`."""
    fields: tuple[tuple[str, bytes], ...] = (
        ("<Dim>", int32(width)),
        ("<ValueAvg>", vector([])),
        ("<DerivAvg>", vector([])),
        ("<Count>", float64(0)),
        ("<OderivRms>", vector([])),
        ("<OderivCount>", float64(0)),
        ("<NumDimsSelfRepaired>", float64(0)),
        ("<NumDimsProcessed>", float64(0)),
    )
    body = b"".join(token(name_) + value for name_, value in fields)
    return token("<ComponentName>") + token(name) + token(f"<{kind}>") + body + token(f"</{kind}>")


def with_parameters(component: Component, parameters: Mapping[str, Array]) -> bytes:
    """Write a component that was read, with other numbers in some of its matrices and vectors of the same shape.

    Raises:
        KaldiFormatError: it has no such numbers, or others are of another shape.
    """
    content = component.content
    for name, values in parameters.items():
        known = component.parameters.get(name)
        if known is None or known.shape != values.shape:
            raise KaldiFormatError(f"{component.name} has no {name} of shape {values.shape}")
        start = content.index(token(f"<{name}>")) + len(token(f"<{name}>"))
        written = matrix(values) if values.ndim == 2 else vector(values)
        content = content[:start] + written + content[start + len(written) :]
    return content


def nnet(config: Sequence[str], components: Sequence[bytes]) -> bytes:
    """Write a network."""
    text = b"\n" + "\n".join(config).encode("ascii") + b"\n\n"
    return (
        token("<Nnet3>")
        + text
        + token("<NumComponents>")
        + int32(len(components))
        + b"".join(components)
        + token("</Nnet3>")
    )


def transition_model(pdfs: Sequence[tuple[int, int]]) -> bytes:
    """Write a transition model of phones 1, 2, … with the pdfs of each (first frame, all further frames).

    One state a phone, all transitions a half. The self-loop of phone p is transition 2p - 1, the way in is 2p.
    """
    phones = range(1, len(pdfs) + 1)
    half = float32(0.5)
    parts = [
        token("<TransitionModel>") + token("<Topology>"),
        int_vector(phones) + int_vector([-1] + [0] * len(pdfs)),
        int32(-1),  # first frame and self-loop have pdfs of their own
        int32(1) + int32(2),  # one topology of two states
        int32(0) + int32(1) + int32(2) + int32(0) + half + int32(1) + half,
        int32(-1) + int32(-1) + int32(0),  # the last state emits nothing
        token("</Topology>") + token("<Tuples>") + int32(len(pdfs)),
        *(
            int32(phone) + int32(0) + int32(first) + int32(loop)
            for phone, (first, loop) in zip(phones, pdfs, strict=True)
        ),
        token("</Tuples>") + token("<LogProbs>") + vector([0.0] + [math.log(0.5)] * (2 * len(pdfs))),
        token("</LogProbs>") + token("</TransitionModel>"),
    ]
    return b"".join(parts)


def acoustic_model(transitions: bytes, network: bytes) -> bytes:
    """Put a whole `final.mdl` together; without priors, since the network's outputs are scaled likelihoods already."""
    contexts = token("<LeftContext>") + int32(0) + token("<RightContext>") + int32(0)  # Kaldi works them out on loading
    return BINARY_MARK + transitions + network + contexts + token("<Priors>") + vector([])


def read_nnet(content: bytes) -> Nnet:
    """Read the network out of a `final.mdl`.

    Raises:
        KaldiFormatError: there is no network, or it is cut short.
    """
    start, count_at = content.find(b"<Nnet3> "), content.find(b"<NumComponents> ")
    end = content.find(b"</Nnet3>")
    if start < 0 or count_at < start or end < count_at:
        raise KaldiFormatError("no whole <Nnet3> in the file")
    config = content[start + len(b"<Nnet3> ") : count_at].decode("ascii").split("\n")
    place = count_at + len(b"<NumComponents> ")
    count = _read_int(content, place)
    marks = [*_COMPONENT.finditer(content, place, end)]
    if len(marks) != count:
        raise KaldiFormatError(f"{count} components are announced, {len(marks)} found")
    ends = [mark.start() for mark in marks[1:]] + [end]
    components = (_read_component(mark, content[mark.start() : stop]) for mark, stop in zip(marks, ends, strict=True))
    return Nnet(tuple(line for line in config if line.strip()), {component.name: component for component in components})


def _read_component(mark: re.Match[bytes], content: bytes) -> Component:
    parameters = {}
    for name in _PARAMETERS:
        key = token(f"<{name}>")
        at = content.find(key)
        if at >= 0:
            parameters[name] = _read_numbers(content, at + len(key))
    return Component(mark[1].decode("ascii"), mark[2].decode("ascii"), content, parameters)


def _read_numbers(content: bytes, place: int) -> Array:
    match content[place : place + 3]:
        case b"FM ":
            rows, columns = _read_int(content, place + 3), _read_int(content, place + 8)
            return np.frombuffer(content, "<f4", rows * columns, place + 13).reshape(rows, columns)
        case b"FV ":
            return np.frombuffer(content, "<f4", _read_int(content, place + 3), place + 8)
        case _ if content[place - 10 : place] == b"<Epsilon> ":
            return np.frombuffer(content, "<f4", 1, place + 1)
        case _:
            return np.frombuffer(content, "<i4", _read_int(content, place), place + 5)


def _read_int(content: bytes, place: int) -> int:
    if content[place : place + 1] != b"\x04":
        raise KaldiFormatError(f"an integer was expected at byte {place}")
    return int(struct.unpack_from("<i", content, place + 1)[0])
