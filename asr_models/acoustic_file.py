"""Whether a Kaldi acoustic model (final.mdl) is whole, as far as that shows without understanding its network.

Layouts: Kaldi's transition-model.cc, nnet-nnet.cc, am-nnet-simple.cc, kaldi-matrix.cc.
"""

from __future__ import annotations

import re
import struct
from mmap import mmap

import numpy as np

_START = b"\0B<TransitionModel> "  # Kaldi, binary mode
_LOG_PROBABILITIES = b"<LogProbs> FV \x04"  # one per transition id, and one for the id 0 that there is not
_NETWORK = b"<Nnet3> "
_PRIORS = b"<Priors> FV \x04"
_TABLE_START = re.compile(rb"([FD])([MV]) \x04|CM[23]? ")  # of floats or doubles, matrix or vector; compressed matrix
_FLOAT_BYTES = 4
_MOST_VALUES = 2**28  # of one table; a gigabyte


class AcousticModelDamaged(Exception):
    """The bytes are not a whole acoustic model; the message says where it goes wrong."""


def check_acoustic_model(content: bytes | mmap) -> int:
    """Make sure the model is whole and all its weights are numbers; return how many transition ids it has.

    Raises:
        AcousticModelDamaged: says what is wrong.
    """
    if content[: len(_START)] != _START:
        raise AcousticModelDamaged("not a Kaldi acoustic model")
    network = content.find(_NETWORK)
    if network < 0:
        raise AcousticModelDamaged("not an nnet3 acoustic model, or truncated")
    priors = content.rfind(_PRIORS)
    if priors < 0:
        raise AcousticModelDamaged("truncated (its last section is missing)")
    end = _end_of_vector(content, priors + len(_PRIORS))
    if not end <= len(content) <= end + 1:
        raise AcousticModelDamaged("truncated or damaged at its end")
    _check_tables(content, network)
    probabilities = content.find(_LOG_PROBABILITIES, 0, network)
    if probabilities < 0:
        raise AcousticModelDamaged("damaged (it has no transitions)")
    start = probabilities + len(_LOG_PROBABILITIES)
    transitions = (_end_of_vector(content, start) - start - _FLOAT_BYTES) // _FLOAT_BYTES
    if transitions < 2:
        raise AcousticModelDamaged("damaged (it has no transitions)")
    return transitions - 1


def _check_tables(content: bytes | mmap, network: int) -> None:
    """Look at each matrix and vector of the network: one of absurd size would take all memory when it is read."""
    place = network
    while (mark := _TABLE_START.search(content, place)) is not None:
        if mark[1] is None:  # a compressed matrix: what follows cannot be told apart from its bytes
            return
        place = _end_of_table(content, mark.end(), "<f4" if mark[1] == b"F" else "<f8", 2 if mark[2] == b"M" else 1)


def _end_of_table(content: bytes | mmap, place: int, number: str, dimensions: int) -> int:
    values = 1
    for _ in range(dimensions):
        if place + 4 > len(content):
            raise AcousticModelDamaged("truncated in the middle of a table")
        (size,) = struct.unpack_from("<i", content, place)
        values *= size
        if size < 0 or values > _MOST_VALUES:
            raise AcousticModelDamaged("damaged (a table of absurd size)")
        place += 5  # the size, and the mark of the next one
    place -= 1
    end = place + values * np.dtype(number).itemsize
    if end > len(content):
        raise AcousticModelDamaged("truncated in the middle of a table")
    if np.isnan(np.frombuffer(content[place:end], number)).any():
        raise AcousticModelDamaged("damaged (a weight is not a number)")
    return end


def _end_of_vector(content: bytes | mmap, place: int) -> int:
    if place + 4 > len(content):
        raise AcousticModelDamaged("truncated")
    count = int(struct.unpack_from("<i", content, place)[0])
    if count < 0:
        raise AcousticModelDamaged("damaged (a negative length)")
    return place + 4 + count * _FLOAT_BYTES
