"""Cut trunk outputs into training batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Targets = NDArray[Any]
"""Classes [frames], int64, or probabilities of all classes [frames, classes], float16."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Utterances one after another, each with its margins; a margin's label is `IGNORED`, its probabilities are 0."""

    frames: NDArray[np.float16]  # [frames, inputs]; may be mapped from disk
    labels: Targets


def batches(
    shards: Sequence[Shard], *, margin: int, window: int, batch: int, random: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], Targets]]:
    """Give all windows of all shards once, in random order: [batch, window + 2 * margin, inputs], [batch, window, ...].

    A window may reach over several utterances: every frame with a label has its own utterance's margins around it.
    The labels of a batch are all classes or all probabilities.
    """
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, shard in enumerate(shards):
        starts = range(int(random.integers(window)), len(shard.labels) - window - 2 * margin + 1, window)
        places[shard.labels.ndim] += [(index, start) for start in starts]
    chosen: list[list[tuple[int, int]]] = []
    for alike in places.values():
        random.shuffle(alike)
        chosen += [sorted(alike[first : first + batch]) for first in range(0, len(alike) - batch + 1, batch)]
    random.shuffle(chosen)
    for windows in chosen:
        inputs = np.stack([shards[index].frames[start : start + window + 2 * margin] for index, start in windows])
        labels = np.stack([shards[index].labels[start + margin : start + margin + window] for index, start in windows])
        yield inputs.astype(np.float32), labels


def batch_count(shards: Sequence[Shard], *, margin: int, window: int, batch: int) -> int:
    """Estimate how many batches an epoch has."""
    return max(1, sum(max(0, len(shard.labels) - 2 * margin) // window for shard in shards) // batch)
