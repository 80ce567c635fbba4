"""Stage `tune`: the Korean layers learn telephones, noise and Russian together with the trained head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from asr_models.graphs.model_rebuild import UNITS_FILE
from asr_models.graphs.units import read_units
from asr_models.trainer.cepstra import padded_cepstra
from asr_models.trainer.features import FramesMaker, ShardKind
from asr_models.trainer.finished_model import network_of
from asr_models.trainer.fitting import Progress, fit
from asr_models.trainer.head import Head
from asr_models.trainer.recipe import Recipe
from asr_models.trainer.training import (
    HEAD_FILE,
    TrainingReport,
    apart,
    load_head,
    load_shards,
    schedule_of,
    shown_counts,
    training_dir,
)
from asr_models.trainer.whole_network import WholeNetwork, korean_layers, save_network, whole_margin
from asr_models.trainer.windows import Shard

TUNED_FILE = "tuned.pt"


def tuning_dir(work_dir: Path) -> Path:
    """Name the folder of the tuned network; apart from the head's, so that either can be thrown away by itself."""
    return work_dir / "tuning"


def calls_kind(work_dir: Path, head_layers: int) -> ShardKind:
    """Say what the shards of `<work>/calls/` hold: cepstra, with the whole network's margins."""
    margin = whole_margin(korean_layers(), head_layers)
    return ShardKind(work_dir / "calls", margin, partial(_maker, margin))


def tune(
    work_dir: Path,
    recipe: Recipe,
    shard_count: int,
    from_model: Path | None = None,
    imitation: Sequence[Shard] = (),
    report: Callable[[Progress], None] = lambda progress: None,
) -> TrainingReport:
    """Train the whole network on all shards but the last, into `<work>/tuning/tuned.pt`.

    It begins with `head.pt` over the Korean layers, or with the network of a finished model; with `imitation` it learns
    from a teacher's answers to real people as well.
    """
    folder, tuning = tuning_dir(work_dir), recipe.tuning
    folder.mkdir(parents=True, exist_ok=True)
    units = read_units((from_model or training_dir(work_dir)) / UNITS_FILE)
    (folder / UNITS_FILE).write_text(units.as_json(), encoding="utf-8")
    kept_apart, shards = apart(load_shards(calls_kind(work_dir, recipe.training.layers), units, shard_count))
    if from_model is None:
        trained, counts = load_head(training_dir(work_dir) / HEAD_FILE)
        head = Head(trained.shape, input_dropout=tuning.input_dropout, dropout=tuning.dropout)
        head.load_state_dict(trained.state_dict())
        network = WholeNetwork(korean_layers(), head, tuning.trunk_share)
    else:
        network = network_of(from_model, tuning, kept_apart)
        counts = shown_counts(shards, units, tuning)
    torch.manual_seed(tuning.seed)
    lessons = [*shards, *imitation]
    tuned = fit(network, lessons, schedule_of(tuning), checkpoint=folder / "checkpoint.pt", report=report)
    save_network(folder / TUNED_FILE, tuned, counts)
    return TrainingReport.of(tuned, shards, kept_apart)


def _maker(margin: int) -> FramesMaker:
    return partial(padded_cepstra, margin=margin)
