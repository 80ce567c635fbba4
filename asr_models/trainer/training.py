"""Stage `train`: the Russian head over the shards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from asr_models.graphs.errors import GraphError
from asr_models.graphs.model_rebuild import UNITS_FILE
from asr_models.graphs.units import GARBAGE, SILENCE, Units
from asr_models.trainer.clean_features import trunk_with_margin
from asr_models.trainer.clips import OUTSIDE, Word
from asr_models.trainer.features import ShardKind, shard_files, stored_utterances
from asr_models.trainer.fitting import Progress, Schedule, evaluate, fit
from asr_models.trainer.frame_classifier import FrameClassifier
from asr_models.trainer.head import Head, HeadShape
from asr_models.trainer.labels import IGNORED, OUTPUT_SECONDS, Labels, rasterise
from asr_models.trainer.recipe import TrainingRecipe
from asr_models.trainer.windows import Shard

HEAD_FILE = "head.pt"
_STATISTICS_STEP = 50  # every so many frames tell the inputs' mean and spread


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came out of the stage; of speech that was kept apart, from the voices of the training."""

    hours: float
    loss: float
    accuracy: float  # share of outputs whose likeliest class is right, 0..1

    @classmethod
    def of(cls, network: FrameClassifier, shards: Sequence[Shard], kept_apart: Shard) -> TrainingReport:
        """Judge a trained network by the shard it never saw."""
        outputs = sum(int((shard.labels != IGNORED).sum()) for shard in shards)
        return cls(outputs * OUTPUT_SECONDS / 3600, *evaluate(network, kept_apart))


def training_dir(work_dir: Path) -> Path:
    """Name the folder of the trained head and the inventory it was trained with."""
    return work_dir / "training"


def train(
    work_dir: Path,
    units: Units,
    recipe: TrainingRecipe,
    shard_count: int,
    report: Callable[[Progress], None] = lambda progress: None,
) -> TrainingReport:
    """Train on the first so many shards, but the last of them, into `<work>/training/head.pt`."""
    folder = training_dir(work_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / UNITS_FILE).write_text(units.as_json(), encoding="utf-8")
    shards = load_shards(features_kind(work_dir, recipe.layers), units, shard_count)
    kept_apart, shards = apart(shards)
    torch.manual_seed(recipe.seed)
    head = Head(
        HeadShape(shards[0].frames.shape[1], recipe.bottleneck, recipe.width, recipe.layers, units.pdf_count),
        input_dropout=recipe.input_dropout,
        dropout=recipe.dropout,
    )
    head.normalise_inputs(np.concatenate([shard.frames[::_STATISTICS_STEP] for shard in shards]))
    averaged = fit(head, shards, schedule_of(recipe), checkpoint=folder / "checkpoint.pt", report=report)
    save_head(folder / HEAD_FILE, averaged, shown_counts(shards, units, recipe))
    return TrainingReport.of(averaged, shards, kept_apart)


def shown_counts(shards: Sequence[Shard], units: Units, recipe: TrainingRecipe) -> Labels:
    """Count how often a training is shown each class [classes]; silence counts as little as it weighs."""
    counts = sum(np.bincount(shard.labels[shard.labels >= 0], minlength=units.pdf_count) for shard in shards)
    weights = np.ones(units.pdf_count)
    weights[list(_pdfs(units, units.index(SILENCE)))] = recipe.silence_weight
    return np.round(np.asarray(counts) * weights).astype(np.int64)


def apart(shards: list[Shard]) -> tuple[Shard, list[Shard]]:
    """Keep the last shard apart to judge by, and give the others; a single one has to serve for both."""
    return shards[-1], shards[:-1] or shards


def save_head(file: Path, head: Head, counts: Labels) -> None:
    """Save a head and how often each class was seen."""
    torch.save({"state": head.state_dict(), "shape": asdict(head.shape), "counts": torch.from_numpy(counts)}, file)


def load_head(file: Path) -> tuple[Head, Labels]:
    """Load a trained head and how often each class was seen."""
    saved = torch.load(file, weights_only=True)
    head = Head(HeadShape(**saved["shape"]))
    head.load_state_dict(saved["state"])
    return head.eval(), saved["counts"].numpy()


def features_kind(work_dir: Path, margin: int) -> ShardKind:
    """Say what the shards of `<work>/features/` hold: the Korean layers' outputs."""
    return ShardKind(work_dir / "features", margin, partial(trunk_with_margin, margin))


def load_shards(kind: ShardKind, units: Units, count: int) -> list[Shard]:
    """Map the first so many shards from disk and label them.

    Raises:
        ValueError: there is none.
    """
    files = shard_files(kind, count)
    if not files:
        raise ValueError(f"{kind.folder}: no shards; run the stage that makes them")
    return [_load_shard(file, units, kind.margin) for file in files]


def _load_shard(words_file: Path, units: Units, margin: int) -> Shard:
    silence = _pdfs(units, units.index(SILENCE))
    edge = np.full(margin, IGNORED, np.int64)
    labels = []
    for utterance in stored_utterances(words_file):
        pdfs = [pdfs_of(word, units) for word in utterance.words]
        labels += [edge, rasterise(utterance.words, utterance.outputs, pdfs, silence), edge]
    return Shard(np.load(words_file.with_suffix(".npy"), mmap_mode="r"), np.concatenate(labels))


def pdfs_of(word: Word, units: Units) -> list[tuple[int, int]]:
    """Give the pdfs of a word's phones; of its own units if it has some."""
    if word.text == OUTSIDE:
        return [_pdfs(units, units.index(GARBAGE))] * len(word.phones)
    phones = [segment.unit for segment in word.phones]
    try:
        indices = units.of_word(word.text, phones)
    except GraphError:  # a way to say a core word that the lexicon no longer has
        indices = [units.index(phone) for phone in phones]
    return [_pdfs(units, index) for index in indices]


def _pdfs(units: Units, index: int) -> tuple[int, int]:
    return units.forward_pdf(index), units.selfloop_pdf(index)


def schedule_of(recipe: TrainingRecipe) -> Schedule:
    """Read the schedule out of the recipe."""
    return Schedule(
        epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        last_learning_rate=recipe.last_learning_rate,
        window=recipe.window_outputs,
        batch=recipe.batch_windows,
        limit_seconds=recipe.limit_minutes * 60,
        warm_up_steps=recipe.warm_up_steps,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        gradient_norm=recipe.gradient_norm,
        average_decay=recipe.average_decay,
        silence_weight=recipe.silence_weight,
        seed=recipe.seed,
    )
