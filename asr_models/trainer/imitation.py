"""Stage `imitate`: real people's calls, with what a finished network answers to the same speech on a clean line.

Nobody knows what is said on them, and it need not be known: a network that hears people well on a quiet line teaches
one that is to hear them in noise (teacher and student: Li et al., "Large-scale domain adaptation via teacher-student
learning", Interspeech 2017). So real voices take part where only synthetic ones can be had with their texts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from asr_models.trainer.augmentation import augmented
from asr_models.trainer.cepstra import padded_cepstra
from asr_models.trainer.clips import TELEPHONE_RATE_HZ, AlignedClip
from asr_models.trainer.features import is_usable, shard_count
from asr_models.trainer.mfcc import mfcc
from asr_models.trainer.people import load_people
from asr_models.trainer.recipe import FeaturesRecipe
from asr_models.trainer.whole_network import WholeNetwork, load_network, save_network
from asr_models.trainer.windows import Shard
from asr_models.trainer.workers import run_pieces

TEACHER_FILE = "teacher.pt"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one process has to make."""

    number: int
    work_dir: Path
    recipe: FeaturesRecipe

    @property
    def frames_file(self) -> Path:
        """Cepstra with margins: [frames, 120], float16."""
        return imitation_dir(self.work_dir) / f"shard-{self.number:04}.npy"

    @property
    def answers_file(self) -> Path:
        """The teacher's probabilities: [frames, classes], float16, none in the margins; written last."""
        return self.frames_file.with_suffix(".answers.npy")


def imitation_dir(work_dir: Path) -> Path:
    """Name the folder of the shards and of the teacher."""
    return work_dir / "imitation"


def make_imitation(
    work_dir: Path,
    teacher: WholeNetwork,
    recipe: FeaturesRecipe,
    processes: int,
    report: Callable[[str, float], None] = lambda what, fraction: None,
) -> int:
    """Make all shards that are not there yet; gives their number."""
    folder = imitation_dir(work_dir)
    folder.mkdir(parents=True, exist_ok=True)
    save_network(folder / TEACHER_FILE, teacher, np.zeros(0, np.int64))
    count = shard_count(recipe)
    plans = [Plan(number, work_dir, recipe) for number in range(count)]
    missing = [plan for plan in plans if not plan.answers_file.is_file()]
    for done, _ in enumerate(run_pieces(make_shard, missing, processes), start=count - len(missing) + 1):
        report("asking the teacher", done / count)
    return count


def load_imitation(work_dir: Path, count: int) -> list[Shard]:
    """Map the first so many shards from disk."""
    files = sorted(imitation_dir(work_dir).glob("shard-*.answers.npy"))[:count]
    return [
        Shard(np.load(file.with_name(file.name.replace(".answers", "")), mmap_mode="r"), np.load(file, mmap_mode="r"))
        for file in files
    ]


def make_shard(plan: Plan) -> None:
    """Make one shard."""
    teacher = _teacher(plan.work_dir)
    frames, answers = [], []
    seconds_left = plan.recipe.shard_hours * 3600
    for utterance in augmented(plan.recipe.seed * 10_000 + plan.number, _people(plan.work_dir)):
        heard, clean = mfcc(utterance.pcm16), mfcc(utterance.clean16)
        if not (is_usable(heard) and is_usable(clean)):
            continue
        frames.append(padded_cepstra(heard, teacher.margin))
        answers.append(_answers(teacher, padded_cepstra(clean, teacher.margin)))
        seconds_left -= len(utterance.pcm16) / TELEPHONE_RATE_HZ
        if seconds_left <= 0:
            break
    for file, arrays in ((plan.frames_file, frames), (plan.answers_file, answers)):
        partial = file.with_suffix(".partial.npy")
        np.save(partial, np.concatenate(arrays))
        os.replace(partial, file)


def _answers(teacher: WholeNetwork, cepstra: NDArray[np.float16]) -> NDArray[np.float16]:
    with torch.inference_mode():
        scores = teacher(torch.from_numpy(cepstra.astype(np.float32))[None])[0]
        probabilities = torch.softmax(scores, dim=1).numpy().astype(np.float16)
    return np.pad(probabilities, ((teacher.margin, teacher.margin), (0, 0)))


@cache
def _teacher(work_dir: Path) -> WholeNetwork:
    return load_network(imitation_dir(work_dir) / TEACHER_FILE)[0].eval()


@cache
def _people(work_dir: Path) -> list[AlignedClip]:
    return load_people(work_dir)
