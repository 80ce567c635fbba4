"""Sequence training: after frames, whole utterances; the right words are held against all that the graph allows.

The criterion is maximum mutual information (Povey, "Discriminative training for large vocabulary speech recognition",
2003) over a loop of all words, with some cross-entropy kept, so that the outputs stay probabilities.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from asr_models.trainer.fitting import Progress, averaged_head
from asr_models.trainer.head import Head
from asr_models.trainer.labels import IGNORED
from asr_models.trainer.windows import Shard, batch_count, batches
from asr_models.trainer.word_loop import WordLoop


@dataclass(frozen=True, slots=True)
class SharpeningRecipe:
    """How the head is sharpened."""

    epochs: float = 1.0
    learning_rate: float = 2e-4
    last_learning_rate: float = 2e-5
    cross_entropy_weight: float = 0.1
    window_outputs: int = 64
    batch_windows: int = 48
    average_decay: float = 0.995
    gradient_norm: float = 5.0
    seed: int = 21


def sharpen(
    head: Head,
    shards: Sequence[Shard],
    loop: WordLoop,
    scores_of_outputs: tuple[NDArray[np.float32], NDArray[np.float32]],
    recipe: SharpeningRecipe,
    *,
    limit_seconds: float = float("inf"),
    report: Callable[[Progress], None] = lambda progress: None,
) -> Head:
    """Train a trained head further and give its averaged twin.

    `scores_of_outputs` are scale and offset [classes] that make a log-probability the decoder's score, the acoustic
    scale included. Over `limit_seconds` the learning rate falls where the epochs take longer.
    """
    scale, offset = (torch.from_numpy(values) for values in scores_of_outputs)
    optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.learning_rate, weight_decay=0.0)
    average = AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(recipe.average_decay), use_buffers=True)
    margin, began = head.shape.margin, time.monotonic()
    steps_an_epoch = batch_count(shards, margin=margin, window=recipe.window_outputs, batch=recipe.batch_windows)
    steps, step, gain_sum = max(1, round(recipe.epochs * steps_an_epoch)), 0, 0.0
    epoch = 0
    while step < steps:
        torch.manual_seed(recipe.seed + epoch)
        head.train()
        for inputs, labels in batches(
            shards,
            margin=margin,
            window=recipe.window_outputs,
            batch=recipe.batch_windows,
            random=np.random.default_rng((recipe.seed, epoch)),
        ):
            fraction = max(step / steps, (time.monotonic() - began) / limit_seconds)
            if fraction >= 1:
                return averaged_head(average)
            falling = (recipe.last_learning_rate / recipe.learning_rate) ** fraction
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * falling
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = head(torch.from_numpy(inputs))
            log_probabilities = torch.log_softmax(outputs.float(), dim=2)
            gradient, gain = _gradient(log_probabilities.detach() * scale + offset, labels, loop)
            targets = torch.from_numpy(labels)
            counted = (targets != IGNORED).sum().clamp(min=1)
            loss = (log_probabilities * (torch.from_numpy(gradient) * scale)).sum() / counted
            loss = loss + recipe.cross_entropy_weight * torch.nn.functional.nll_loss(
                log_probabilities.flatten(0, 1), targets.flatten(), ignore_index=IGNORED
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), recipe.gradient_norm)
            optimiser.step()
            average.update_parameters(head)
            step += 1
            gain_sum += gain
            report(Progress(epoch, fraction, gain_sum / step))
        epoch += 1
    return averaged_head(average)


def _gradient(scores: torch.Tensor, labels: NDArray[np.int64], loop: WordLoop) -> tuple[NDArray[np.float32], float]:
    """Give the criterion's gradient by the scores [windows, frames, classes], and the criterion itself a frame."""
    by_frame = np.ascontiguousarray(scores.numpy().transpose(1, 2, 0))
    log_sums, shares = loop.occupancy(by_frame)
    gradient = np.ascontiguousarray(shares.transpose(2, 0, 1))
    known = labels != IGNORED
    windows, frames = np.nonzero(known)
    gradient[windows, frames, labels[known]] -= 1
    gradient[~known] = 0
    right = scores.numpy()[windows, frames, labels[known]].sum()
    return gradient, float((log_sums.sum() - right) / max(1, known.sum()))
