"""Cut trunk outputs into training batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.labels import Labels


@dataclass(frozen=True, slots=True)
class Shard:
    """Utterances one after another, each with its margins; a margin's label is `IGNORED`."""

    frames: NDArray[np.float16]  # [frames, inputs]; may be mapped from disk
    labels: Labels  # [frames]


def batches(
    shards: Sequence[Shard], *, margin: int, window: int, batch: int, random: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], Labels]]:
    """Give all windows of all shards once, in random order: [batch, window + 2 * margin, inputs], [batch, window].

    A window may reach over several utterances: every frame with a label has its own utterance's margins around it.
    """
    places = [
        (index, start)
        for index, shard in enumerate(shards)
        for start in range(int(random.integers(window)), len(shard.labels) - window - 2 * margin + 1, window)
    ]
    random.shuffle(places)
    for first in range(0, len(places) - batch + 1, batch):
        chosen = sorted(places[first : first + batch])
        inputs = np.stack([shards[index].frames[start : start + window + 2 * margin] for index, start in chosen])
        labels = np.stack([shards[index].labels[start + margin : start + margin + window] for index, start in chosen])
        yield inputs.astype(np.float32), labels


def batch_count(shards: Sequence[Shard], *, margin: int, window: int, batch: int) -> int:
    """Estimate how many batches an epoch has."""
    return max(1, sum(max(0, len(shard.labels) - 2 * margin) // window for shard in shards) // batch)
