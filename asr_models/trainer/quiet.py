"""Where a clean synthetic clip is silent: known without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import BANK_RATE_HZ, Word
from asr_models.trainer.labels import output_bounds_seconds, outside_word

_BLOCK_SECONDS = 0.01
_THRESHOLD = 0.015  # of the loud blocks' level
_SHORTEST_PAUSE_SECONDS = 0.2  # a shorter one may be the closure of a plosive
_EDGE_SECONDS = 0.03  # left to the speech on either side of a pause


def quiet_outputs(pcm: NDArray[np.float32], outputs: int) -> NDArray[np.bool_]:
    """Say of every output whether the clip at 16 kHz is surely silent there: its edges and its longer pauses."""
    spans = _pauses_seconds(pcm)
    bounds = [output_bounds_seconds(output) for output in range(outputs)]
    return np.array([any(start <= first and last <= end for start, end in spans) for first, last in bounds], np.bool_)


def within_speech(words: Sequence[Word], pcm: NDArray[np.float32]) -> tuple[Word, ...]:
    """Let the first phone begin and the last one end where the clip at 16 kHz is loud; aligners stretch both.

    No more than half of a phone is taken away.
    """
    pauses, length = _pauses_seconds(pcm), len(pcm) / BANK_RATE_HZ
    loud_from = next((end + _EDGE_SECONDS / 2 for start, end in pauses if start == 0.0), 0.0)
    loud_to = next((start - _EDGE_SECONDS / 2 for start, end in pauses if end == length), length)
    first, last = words[0].phones[0], words[-1].phones[-1]
    starts = min(max(first.start_seconds, loud_from), (first.start_seconds + first.end_seconds) / 2)
    ends = max(min(last.end_seconds, loud_to), (last.start_seconds + last.end_seconds) / 2)
    begun = (replace(first, start_seconds=starts), *words[0].phones[1:])
    fitted = [replace(words[0], phones=begun), *words[1:]]
    ended = (*fitted[-1].phones[:-1], replace(fitted[-1].phones[-1], end_seconds=ends))
    return (*fitted[:-1], replace(fitted[-1], phones=ended))


def outside_words(pcm: NDArray[np.float32]) -> tuple[Word, ...]:
    """Label all speech of a clip at 16 kHz as speech the model is not to know."""
    place, words = 0.0, []
    for start, end in _pauses_seconds(pcm):
        if place < start:
            words.append(outside_word(place, start))
        place = end
    if place < len(pcm) / BANK_RATE_HZ:
        words.append(outside_word(place, len(pcm) / BANK_RATE_HZ))
    return tuple(words)


def _pauses_seconds(pcm: NDArray[np.float32]) -> list[tuple[float, float]]:
    block = int(BANK_RATE_HZ * _BLOCK_SECONDS)
    blocks = len(pcm) // block
    if not blocks:
        return []
    levels = np.sqrt(np.square(pcm[: blocks * block].reshape(blocks, block)).mean(axis=1))
    loud = np.concatenate([[True], levels > _THRESHOLD * np.percentile(levels, 95), [True]])
    turns = np.flatnonzero(np.diff(loud.astype(np.int8)))  # pairs: the pause's first block, the first after it
    pauses = []
    for first, after in zip(turns[::2], turns[1::2], strict=True):
        start = 0.0 if first == 0 else first * _BLOCK_SECONDS + _EDGE_SECONDS
        end = len(pcm) / BANK_RATE_HZ if after == blocks else after * _BLOCK_SECONDS - _EDGE_SECONDS
        is_edge = first == 0 or after == blocks
        if end > start and (is_edge or (after - first) * _BLOCK_SECONDS >= _SHORTEST_PAUSE_SECONDS):
            pauses.append((float(start), float(end)))
    return pauses
