"""Stages `features` and `calls`: augmented telephone speech, as the network takes it, onto disk in shards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clip_store import load_clips
from asr_models.trainer.clips import TELEPHONE_RATE_HZ, AlignedClip, TelephoneUtterance, Word
from asr_models.trainer.labels import read_words, write_words
from asr_models.trainer.mfcc import mfcc
from asr_models.trainer.recipe import FeaturesRecipe
from asr_models.trainer.workers import run_pieces

FramesMaker = Callable[[NDArray[np.float32]], NDArray[np.float16]]
"""Cepstra [frames, 40] -> what is kept of an utterance: [outputs + 2 * margin, width]."""

UtteranceSource = Callable[[int, Sequence[AlignedClip]], Iterator[TelephoneUtterance]]
"""Endless augmented speech, from a seed and all clips."""

_SHORTEST_FRAMES = 12


@dataclass(frozen=True, slots=True)
class ShardKind:
    """What the shards of a folder hold."""

    folder: Path
    margin: int  # outputs that are given on either side of an utterance beyond its own
    maker: Callable[[], FramesMaker]  # called in the process that makes a shard


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """What one process has to make."""

    number: int
    work_dir: Path
    kind: ShardKind
    source: UtteranceSource
    recipe: FeaturesRecipe

    @property
    def frames_file(self) -> Path:
        """The frames: [frames, width], float16."""
        return self.kind.folder / f"shard-{self.number:04}.npy"

    @property
    def words_file(self) -> Path:
        """A line an utterance: how many outputs it has (margins apart), then its words in time; written last."""
        return self.frames_file.with_suffix(".tsv")


@dataclass(frozen=True, slots=True)
class StoredUtterance:
    """An utterance of a shard."""

    outputs: int
    words: tuple[Word, ...]


def shard_count(recipe: FeaturesRecipe) -> int:
    """Say how many shards the hours are."""
    return max(1, round(recipe.hours / recipe.shard_hours))


def make_features(
    work_dir: Path,
    kind: ShardKind,
    source: UtteranceSource,
    recipe: FeaturesRecipe,
    processes: int,
    report: Callable[[str, float], None] = lambda what, fraction: None,
) -> int:
    """Make all shards that are not there yet; gives their number."""
    kind.folder.mkdir(parents=True, exist_ok=True)
    count = shard_count(recipe)
    plans = [ShardPlan(number, work_dir, kind, source, recipe) for number in range(count)]
    missing = [plan for plan in plans if not plan.words_file.is_file()]
    done = count - len(missing)
    for _ in run_pieces(make_shard, missing, processes):
        done += 1
        report("augmenting", done / count)
    return count


def make_shard(plan: ShardPlan) -> int:
    """Make one shard; gives the number of its utterances."""
    frames_of = plan.kind.maker()
    frames, lines = [], []
    seconds_left = plan.recipe.shard_hours * 3600
    for utterance in plan.source(plan.recipe.seed * 10_000 + plan.number, _clips(plan.work_dir)):
        features = mfcc(utterance.pcm16)
        if not is_usable(features):
            continue
        kept = frames_of(features)
        frames.append(kept)
        lines.append(f"{len(kept) - 2 * plan.kind.margin}\t{write_words(utterance.words)}\n")
        seconds_left -= len(utterance.pcm16) / TELEPHONE_RATE_HZ
        if seconds_left <= 0:
            break
    partial = plan.frames_file.with_suffix(".partial.npy")
    np.save(partial, np.concatenate(frames))
    os.replace(partial, plan.frames_file)
    partial = plan.words_file.with_suffix(".partial")
    partial.write_text("".join(lines), encoding="utf-8")
    os.replace(partial, plan.words_file)
    return len(lines)


def is_usable(features: NDArray[np.float32]) -> bool:
    """Say whether an utterance's cepstra [frames, 40] can be trained on."""
    return len(features) >= _SHORTEST_FRAMES and bool(np.isfinite(features).all())


def shard_files(kind: ShardKind, count: int) -> list[Path]:
    """List the files of words of the first so many shards that are there."""
    return sorted(kind.folder.glob("shard-*.tsv"))[:count]


def stored_utterances(words_file: Path) -> list[StoredUtterance]:
    """Read what is said in a shard."""
    lines = (line.partition("\t") for line in words_file.read_text(encoding="utf-8").splitlines())
    return [StoredUtterance(int(outputs), read_words(words)) for outputs, _, words in lines]


@cache
def _clips(work_dir: Path) -> list[AlignedClip]:
    return load_clips(work_dir)
