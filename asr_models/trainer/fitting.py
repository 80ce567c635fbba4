"""Train a network for a number of epochs, within a time, so that it can be interrupted and resumed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel

from asr_models.trainer.frame_classifier import FrameClassifier
from asr_models.trainer.labels import IGNORED
from asr_models.trainer.windows import Shard, batch_count, batches

Network = TypeVar("Network", bound=FrameClassifier)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train; the learning rate falls exponentially over the epochs or the time, whichever ends first."""

    epochs: int
    learning_rate: float
    last_learning_rate: float
    window: int
    batch: int
    limit_seconds: float = float("inf")
    warm_up_steps: int = 50
    weight_decay: float = 1e-3
    label_smoothing: float = 0.0
    gradient_norm: float = 5.0
    average_decay: float = 0.99
    silence_weight: float = 1.0  # of a frame of the first two classes in the loss
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is."""

    epoch: int
    fraction: float  # 0..1, by epochs or by time
    loss: float  # mean of the running epoch


def fit(
    network: Network,
    shards: Sequence[Shard],
    schedule: Schedule,
    *,
    checkpoint: Path | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Network:
    """Train a network and give its averaged twin; a checkpoint is written after every epoch and gone on from.

    Time spent before an interruption counts as much as time after it.
    """
    optimiser = optimiser_of(network, schedule.weight_decay)
    average = running_average(network, schedule.average_decay)
    start_epoch, spent_seconds = 0, 0.0
    if checkpoint is not None and checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        start_epoch, spent_seconds = saved["epoch"], saved["seconds"]
    began = time.monotonic() - spent_seconds
    steps_an_epoch = batch_count(shards, margin=network.margin, window=schedule.window, batch=schedule.batch)
    for epoch in range(start_epoch, schedule.epochs):
        torch.manual_seed(schedule.seed + epoch)
        random = np.random.default_rng((schedule.seed, epoch))
        network.train()
        loss_sum = 0.0
        examples = batches(shards, margin=network.margin, window=schedule.window, batch=schedule.batch, random=random)
        for steps, (inputs, labels) in enumerate(examples):
            by_steps = (epoch + min(1.0, steps / steps_an_epoch)) / schedule.epochs
            fraction = max(by_steps, (time.monotonic() - began) / schedule.limit_seconds)
            if fraction >= 1:
                break
            warm_up = min(1.0, (epoch * steps_an_epoch + steps + 1) / schedule.warm_up_steps)
            falling = (schedule.last_learning_rate / schedule.learning_rate) ** fraction
            set_learning_rate(optimiser, schedule.learning_rate * warm_up * falling)
            loss_sum += _step(network, optimiser, torch.from_numpy(inputs), torch.from_numpy(labels), schedule)
            average.update_parameters(network)
            report(Progress(epoch, fraction, loss_sum / (steps + 1)))
        if checkpoint is not None:
            _save(checkpoint, network, average, optimiser, epoch + 1, time.monotonic() - began)
    return averaged(average, network)


def optimiser_of(network: FrameClassifier, weight_decay: float) -> torch.optim.AdamW:
    """Make the optimiser of all that a network trains."""
    groups = [{"params": pace.parameters, "lr": 0.0, "share": pace.share} for pace in network.paces()]
    return torch.optim.AdamW(groups, weight_decay=weight_decay)


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of every parameter by its pace."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]


def running_average(network: FrameClassifier, decay: float) -> AveragedModel:
    """Make the running average of a network's numbers.

    It forgets quickly at first: with the full decay from the start, a short training leaves a share of the random
    numbers that it began with, and the average hears nothing.
    """

    def average(averages: Sequence[torch.Tensor], numbers: Sequence[torch.Tensor], steps: torch.Tensor) -> None:
        kept = min(decay, (1 + float(steps)) / (10 + float(steps)))
        for averaged, current in zip(averages, numbers, strict=True):
            if averaged.is_floating_point():
                averaged.lerp_(current, 1 - kept)
            else:  # the number of batches
                averaged.copy_(current)

    return AveragedModel(network, multi_avg_fn=torch.no_grad()(average), use_buffers=True)


def averaged(average: AveragedModel, network: Network) -> Network:
    """Take the network, of the kind given, out of its running average."""
    module = average.module
    assert isinstance(module, type(network))
    return cast(Network, module.eval())


def evaluate(network: FrameClassifier, shard: Shard, window: int = 512) -> tuple[float, float]:
    """Give the mean cross-entropy and the share of outputs whose likeliest class is right, 0..1."""
    network.eval()
    margin, losses, right, count = network.margin, 0.0, 0, 0
    for start in range(0, len(shard.labels) - 2 * margin, window):
        inputs = np.asarray(shard.frames[start : start + window + 2 * margin], dtype=np.float32)
        labels = torch.from_numpy(shard.labels[start + margin : start + len(inputs) - margin])
        with torch.inference_mode():
            scores = network(torch.from_numpy(inputs)[None])[0]
            losses += float(cross_entropy(scores, labels, ignore_index=IGNORED, reduction="sum"))
        right += int((scores.argmax(dim=1) == labels).sum())
        count += int((labels != IGNORED).sum())
    return losses / max(1, count), right / max(1, count)


def half_precision() -> torch.autocast:
    """Compute in bfloat16 where the processor does: twice as fast there, twice as slow where it is imitated."""
    native = torch.cpu.get_capabilities()
    return torch.autocast("cpu", torch.bfloat16, enabled=bool(native.get("avx512_bf16") or native.get("amx_bf16")))


def imitation_loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Give the cross-entropy with wanted probabilities [windows, frames, classes]; frames without any do not count."""
    counted = wanted.sum().clamp(min=1)
    return -(wanted * torch.log_softmax(scores, dim=2)).sum() / counted


def _step(
    network: FrameClassifier,
    optimiser: torch.optim.Optimizer,
    inputs: torch.Tensor,
    labels: torch.Tensor,
    schedule: Schedule,
) -> float:
    with half_precision():
        scores = network(inputs)
    loss = imitation_loss(scores.float(), labels) if labels.ndim == 3 else _loss(scores.float(), labels, schedule)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), schedule.gradient_norm)
    optimiser.step()
    return float(loss.detach())


def _loss(scores: torch.Tensor, labels: torch.Tensor, schedule: Schedule) -> torch.Tensor:
    weights = torch.ones(scores.shape[2])
    weights[:2] = schedule.silence_weight
    return cross_entropy(
        scores.flatten(0, 1),
        labels.flatten(),
        weights,
        ignore_index=IGNORED,
        label_smoothing=schedule.label_smoothing,
    )


def _save(
    path: Path,
    network: FrameClassifier,
    average: AveragedModel,
    optimiser: torch.optim.Optimizer,
    epoch: int,
    seconds: float,
) -> None:
    state = {"network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
    partial = path.with_suffix(".partial")
    torch.save({**state, "epoch": epoch, "seconds": seconds}, partial)
    os.replace(partial, path)
