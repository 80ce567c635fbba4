"""Stage `tune`: the Korean layers learn telephones, noise and Russian together with the trained head."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from asr_models.trainer.cepstra import padded_cepstra
from asr_models.trainer.features import FramesMaker, ShardKind
from asr_models.trainer.fitting import Progress, fit
from asr_models.trainer.head import Head
from asr_models.trainer.recipe import Recipe
from asr_models.trainer.training import (
    HEAD_FILE,
    TrainingReport,
    apart,
    load_head,
    load_shards,
    load_units,
    schedule_of,
)
from asr_models.trainer.whole_network import WholeNetwork, korean_layers, save_network, whole_margin

TUNED_FILE = "tuned.pt"


def tuning_dir(work_dir: Path) -> Path:
    """Name the folder of the tuned network; apart from the head's, so that either can be thrown away by itself."""
    return work_dir / "tuning"


def calls_kind(work_dir: Path, head_layers: int) -> ShardKind:
    """Say what the shards of `<work>/calls/` hold: cepstra, with the whole network's margins."""
    margin = whole_margin(korean_layers(), head_layers)
    return ShardKind(work_dir / "calls", margin, partial(_maker, margin))


def tune(
    work_dir: Path, recipe: Recipe, shard_count: int, report: Callable[[Progress], None] = lambda progress: None
) -> TrainingReport:
    """Train the whole network, begun with `head.pt`, on all shards but the last, into `<work>/tuning/tuned.pt`."""
    folder, tuning = tuning_dir(work_dir), recipe.tuning
    folder.mkdir(parents=True, exist_ok=True)
    trained, counts = load_head(work_dir / "training" / HEAD_FILE)
    head = Head(trained.shape, input_dropout=tuning.input_dropout, dropout=tuning.dropout)
    head.load_state_dict(trained.state_dict())
    network = WholeNetwork(korean_layers(), head, tuning.trunk_share)
    kind = calls_kind(work_dir, trained.shape.layers)
    kept_apart, shards = apart(load_shards(kind, load_units(work_dir), shard_count))
    torch.manual_seed(tuning.seed)
    tuned = fit(network, shards, schedule_of(tuning), checkpoint=folder / "checkpoint.pt", report=report)
    save_network(folder / TUNED_FILE, tuned, counts)
    return TrainingReport.of(tuned, shards, kept_apart)


def _maker(margin: int) -> FramesMaker:
    return partial(padded_cepstra, margin=margin)
