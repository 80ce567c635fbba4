"""Stage `features`: augmented telephone speech through the frozen layers, onto disk in shards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from asr_models.trainer.clean_features import trunk_with_margin
from asr_models.trainer.clip_store import load_clips
from asr_models.trainer.clips import TELEPHONE_RATE_HZ, AlignedClip, TelephoneUtterance, Word
from asr_models.trainer.labels import read_words, write_words
from asr_models.trainer.mfcc import mfcc
from asr_models.trainer.recipe import FeaturesRecipe
from asr_models.trainer.workers import run_pieces

UtteranceSource = Callable[[int, Sequence[AlignedClip]], Iterator[TelephoneUtterance]]
"""Endless augmented speech, from a seed and all clips."""

_SHORTEST_FRAMES = 12


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """What one process has to make."""

    number: int
    work_dir: Path
    source: UtteranceSource
    margin: int
    recipe: FeaturesRecipe

    @property
    def frames_file(self) -> Path:
        """The trunk's outputs: [frames, width], float16."""
        return features_dir(self.work_dir) / f"shard-{self.number:04}.npy"

    @property
    def words_file(self) -> Path:
        """A line an utterance: how many outputs it has (margins apart), then its words in time; written last."""
        return self.frames_file.with_suffix(".tsv")


@dataclass(frozen=True, slots=True)
class StoredUtterance:
    """An utterance of a shard."""

    outputs: int
    words: tuple[Word, ...]


def features_dir(work_dir: Path) -> Path:
    """Name the folder of the shards."""
    return work_dir / "features"


def shard_count(recipe: FeaturesRecipe) -> int:
    """Say how many shards the hours are."""
    return max(1, round(recipe.hours / recipe.shard_hours))


def make_features(
    work_dir: Path,
    source: UtteranceSource,
    recipe: FeaturesRecipe,
    margin: int,
    processes: int,
    report: Callable[[str, float], None] = lambda what, fraction: None,
) -> int:
    """Make all shards that are not there yet; gives their number."""
    features_dir(work_dir).mkdir(parents=True, exist_ok=True)
    count = shard_count(recipe)
    plans = [ShardPlan(number, work_dir, source, margin, recipe) for number in range(count)]
    missing = [plan for plan in plans if not plan.words_file.is_file()]
    done = count - len(missing)
    for _ in run_pieces(make_shard, missing, processes):
        done += 1
        report("augmenting", done / count)
    return count


def make_shard(plan: ShardPlan) -> int:
    """Make one shard; gives the number of its utterances."""
    trunk = trunk_with_margin(plan.margin)
    frames, lines = [], []
    seconds_left = plan.recipe.shard_hours * 3600
    for utterance in plan.source(plan.recipe.seed * 10_000 + plan.number, _clips(plan.work_dir)):
        features = mfcc(utterance.pcm16)
        if len(features) < _SHORTEST_FRAMES or not np.isfinite(features).all():
            continue
        outputs = trunk(features)
        frames.append(outputs)
        lines.append(f"{len(outputs) - 2 * plan.margin}\t{write_words(utterance.words)}\n")
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


def stored_utterances(words_file: Path) -> list[StoredUtterance]:
    """Read what is said in a shard."""
    lines = (line.partition("\t") for line in words_file.read_text(encoding="utf-8").splitlines())
    return [StoredUtterance(int(outputs), read_words(words)) for outputs, _, words in lines]


@cache
def _clips(work_dir: Path) -> list[AlignedClip]:
    return load_clips(work_dir)
