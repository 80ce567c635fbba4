"""Sequence training: after frames, whole utterances; the right words are held against all that the graph allows.

The criterion is maximum mutual information (Povey, "Discriminative training for large vocabulary speech recognition",
2003) over a loop of all words, with some cross-entropy kept, so that the outputs stay probabilities.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from asr_models.graphs.lexicon import Lexicon
from asr_models.graphs.units import GARBAGE, SILENCE, Units
from asr_models.trainer.clips import OUTSIDE
from asr_models.trainer.features import features_dir, stored_utterances
from asr_models.trainer.fitting import Progress, averaged_head, evaluate, half_precision, running_average
from asr_models.trainer.head import Head
from asr_models.trainer.labels import IGNORED
from asr_models.trainer.network import likelihood_scales
from asr_models.trainer.recipe import Recipe, SharpeningRecipe
from asr_models.trainer.training import HEAD_FILE, load_head, load_shards, load_units, save_head
from asr_models.trainer.windows import Shard, batch_count, batches
from asr_models.trainer.word_loop import LoopWord, WordLoop

SHARPENED_HEAD_FILE = "sharpened.pt"


def sharpen_head(
    work_dir: Path,
    lexicon: Lexicon,
    recipe: Recipe,
    shard_count: int,
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[float, float]:
    """Sharpen `<work>/training/head.pt` into `sharpened.pt` beside it; give loss and accuracy on the last shard."""
    folder = work_dir / "training"
    units = load_units(work_dir)
    head, counts = load_head(folder / HEAD_FILE)
    shards = load_shards(work_dir, units, head.shape.layers, shard_count)
    scales, offsets = likelihood_scales(counts, units, recipe.export)
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        averaged = sharpen(
            head,
            shards[:-1] or shards,
            vocabulary_loop(lexicon, units, said_words(work_dir, shard_count), recipe),
            (recipe.export.acoustic_scale * scales, recipe.export.acoustic_scale * offsets),
            recipe.sharpening,
            threads,
            report=report,
        )
    save_head(folder / SHARPENED_HEAD_FILE, averaged, counts)
    return evaluate(averaged, shards[-1])


def said_words(work_dir: Path, shard_count: int) -> Counter[str]:
    """Count the words of the training's utterances."""
    files = sorted(features_dir(work_dir).glob("shard-*.tsv"))[:shard_count]
    return Counter(word.text for file in files for utterance in stored_utterances(file) for word in utterance.words)


def vocabulary_loop(lexicon: Lexicon, units: Units, said: Mapping[str, int], recipe: Recipe) -> WordLoop:
    """Make the loop of all words, each as likely as it was said in training, and of speech outside the vocabulary."""
    total = sum(said.values()) + len(lexicon)
    words = [
        LoopWord(
            tuple(_pdfs(units, unit) for unit in units.of_word(word, spoken.phones)),
            float(np.log((said.get(word, 0) + 1) / total)) - spoken.cost,
        )
        for word in lexicon
        for spoken in lexicon.pronunciations(word)
    ]
    garbage = _pdfs(units, units.index(GARBAGE))
    words.append(LoopWord((garbage,), float(np.log((said.get(OUTSIDE, 0) + 1) / total))))
    return WordLoop(
        words,
        silence=_pdfs(units, units.index(SILENCE)),
        pdfs=units.pdf_count,
        silence_probability=recipe.sharpening.silence_probability,
    )


def _pdfs(units: Units, unit: int) -> tuple[int, int]:
    return units.forward_pdf(unit), units.selfloop_pdf(unit)


def sharpen(
    head: Head,
    shards: Sequence[Shard],
    loop: WordLoop,
    scores_of_outputs: tuple[NDArray[np.float64], NDArray[np.float64]],
    recipe: SharpeningRecipe,
    threads: ThreadPoolExecutor,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Head:
    """Train a trained head further and give its averaged twin.

    `scores_of_outputs` are scale and offset [classes] that make a log-probability the decoder's score, the acoustic
    scale included. The sums over all paths run in `threads`: numpy leaves the interpreter to others meanwhile.
    """
    scale, offset = (torch.from_numpy(values).float() for values in scores_of_outputs)
    optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.learning_rate, weight_decay=0.0)
    average = running_average(head, recipe.average_decay)
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
            fraction = max(step / steps, (time.monotonic() - began) / (60 * recipe.limit_minutes))
            if fraction >= 1:
                return averaged_head(average)
            falling = (recipe.last_learning_rate / recipe.learning_rate) ** fraction
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * falling
            with half_precision():
                outputs = head(torch.from_numpy(inputs))
            log_probabilities = torch.log_softmax(outputs.float(), dim=2)
            gradient, gain = _gradient(log_probabilities.detach() * scale + offset, labels, loop, threads)
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


def _gradient(
    scores: torch.Tensor, labels: NDArray[np.int64], loop: WordLoop, threads: ThreadPoolExecutor
) -> tuple[NDArray[np.float32], float]:
    """Give the criterion's gradient by the scores [windows, frames, classes], and the criterion itself a frame."""
    parts = np.array_split(scores.numpy(), torch.get_num_threads())
    by_frame = (np.ascontiguousarray(part.transpose(1, 2, 0)) for part in parts if len(part))
    results = list(threads.map(loop.occupancy, by_frame))
    log_sums = np.concatenate([sums for sums, _ in results])
    gradient = np.ascontiguousarray(np.concatenate([shares.transpose(2, 0, 1) for _, shares in results]))
    known = labels != IGNORED
    windows, frames = np.nonzero(known)
    gradient[windows, frames, labels[known]] -= 1
    gradient[~known] = 0
    right = scores.numpy()[windows, frames, labels[known]].sum()
    return gradient, float((log_sums.sum() - right) / max(1, known.sum()))
