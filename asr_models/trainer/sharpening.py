"""Sequence training: after frames, whole utterances; the right words are held against all that the graph allows.

The criterion is maximum mutual information (Povey, "Discriminative training for large vocabulary speech recognition",
2003) over a loop of all words, with some cross-entropy kept, so that the outputs stay probabilities.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from asr_models.graphs.lexicon import Lexicon
from asr_models.graphs.model_rebuild import UNITS_FILE
from asr_models.graphs.units import GARBAGE, SILENCE, Units, read_units
from asr_models.trainer.clips import OUTSIDE
from asr_models.trainer.features import shard_files, stored_utterances
from asr_models.trainer.fitting import (
    Network,
    Progress,
    averaged,
    evaluate,
    half_precision,
    imitation_loss,
    optimiser_of,
    running_average,
    set_learning_rate,
)
from asr_models.trainer.labels import IGNORED
from asr_models.trainer.network import likelihood_scales
from asr_models.trainer.recipe import Recipe, SharpeningRecipe
from asr_models.trainer.training import apart, load_shards
from asr_models.trainer.tuning import TUNED_FILE, calls_kind, tuning_dir
from asr_models.trainer.whole_network import WholeNetwork, load_network, save_network
from asr_models.trainer.windows import Shard, Targets, batch_count, batches
from asr_models.trainer.word_loop import LoopWord, WordLoop

NETWORK_FILE = "network.pt"


def sharpen_network(
    work_dir: Path,
    lexicon: Lexicon,
    recipe: Recipe,
    shard_count: int,
    imitation: Sequence[Shard] = (),
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[float, float]:
    """Sharpen `<work>/tuning/tuned.pt` into `network.pt` beside it; give loss and accuracy on the last shard.

    Alone, it makes the network surer of synthetic voices and less apt for real people's: so a teacher's answers to
    these take part (`imitation`), or only a share of the way from the tuned to the sharpened numbers is gone.
    """
    folder, sharpening = tuning_dir(work_dir), recipe.sharpening
    units = read_units(folder / UNITS_FILE)
    network, counts = load_network(folder / TUNED_FILE)
    kind = calls_kind(work_dir, network.head.margin)
    kept_apart, shards = apart(load_shards(kind, units, shard_count))
    scales, offsets = likelihood_scales(counts, units, recipe.export)
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        sharpened = sharpen(
            copy.deepcopy(network),
            shards,
            vocabulary_loop(lexicon, units, said_words(shard_files(kind, shard_count)), recipe),
            (recipe.export.acoustic_scale * scales, recipe.export.acoustic_scale * offsets),
            sharpening,
            threads,
            imitation=imitation,
            report=report,
        )
    mixed = between(network, sharpened, sharpening.kept_share)
    save_network(folder / NETWORK_FILE, mixed, counts)
    return evaluate(mixed, kept_apart)


def between(start: WholeNetwork, end: WholeNetwork, share: float) -> WholeNetwork:
    """Give the network whose numbers lie a share of the way from one to another: 0 is the start, 1 the end."""
    mixed, goal = copy.deepcopy(start), end.state_dict()
    with torch.no_grad():
        for name, numbers in mixed.state_dict().items():
            if numbers.is_floating_point():
                numbers.lerp_(goal[name], share)
    return mixed.eval()


def said_words(files: Sequence[Path]) -> Counter[str]:
    """Count the words of the training's utterances."""
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
    network: Network,
    shards: Sequence[Shard],
    loop: WordLoop,
    scores_of_outputs: tuple[NDArray[np.float64], NDArray[np.float64]],
    recipe: SharpeningRecipe,
    threads: ThreadPoolExecutor,
    *,
    imitation: Sequence[Shard] = (),
    report: Callable[[Progress], None] = lambda progress: None,
) -> Network:
    """Train a trained network further and give its averaged twin.

    Some steps learn from a teacher's answers as well. `scores_of_outputs` are scale and offset [classes] that make a
    log-probability the decoder's score, the acoustic scale included. The sums over all paths run in `threads`: numpy
    leaves the interpreter to others meanwhile.
    """
    scale, offset = (torch.from_numpy(values).float() for values in scores_of_outputs)
    optimiser = optimiser_of(network, weight_decay=0.0)
    average = running_average(network, recipe.average_decay)
    margin, began = network.margin, time.monotonic()
    steps_an_epoch = batch_count(shards, margin=margin, window=recipe.window_outputs, batch=recipe.batch_windows)
    steps, step, gain_sum = max(1, round(recipe.epochs * steps_an_epoch)), 0, 0.0
    epoch, taught = 0, _taught(imitation, margin, recipe)
    while step < steps:
        torch.manual_seed(recipe.seed + epoch)
        network.train()
        for inputs, labels in batches(
            shards,
            margin=margin,
            window=recipe.window_outputs,
            batch=recipe.batch_windows,
            random=np.random.default_rng((recipe.seed, epoch)),
        ):
            fraction = max(step / steps, (time.monotonic() - began) / (60 * recipe.limit_minutes))
            if fraction >= 1:
                return averaged(average, network)
            falling = (recipe.last_learning_rate / recipe.learning_rate) ** fraction
            set_learning_rate(optimiser, recipe.learning_rate * falling)
            with half_precision():
                outputs = network(torch.from_numpy(inputs))
            log_probabilities = torch.log_softmax(outputs.float(), dim=2)
            gradient, gain = _gradient(log_probabilities.detach() * scale + offset, labels, loop, threads)
            targets = torch.from_numpy(labels)
            counted = (targets != IGNORED).sum().clamp(min=1)
            loss = (log_probabilities * (torch.from_numpy(gradient) * scale)).sum() / counted
            loss = loss + recipe.cross_entropy_weight * torch.nn.functional.nll_loss(
                log_probabilities.flatten(0, 1), targets.flatten(), ignore_index=IGNORED
            )
            if taught is not None and step % recipe.imitation_every == 0:
                inputs, answers = next(taught)
                with half_precision():
                    outputs = network(torch.from_numpy(inputs))
                loss = loss + recipe.imitation_weight * imitation_loss(outputs.float(), torch.from_numpy(answers))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_norm)
            optimiser.step()
            average.update_parameters(network)
            step += 1
            gain_sum += gain
            report(Progress(epoch, fraction, gain_sum / step))
        epoch += 1
    return averaged(average, network)


def _taught(
    imitation: Sequence[Shard], margin: int, recipe: SharpeningRecipe
) -> Iterator[tuple[NDArray[np.float32], Targets]] | None:
    """Give batches of the teacher's answers without end."""
    if not imitation:
        return None
    epochs = (
        batches(
            imitation,
            margin=margin,
            window=recipe.window_outputs,
            batch=recipe.batch_windows,
            random=np.random.default_rng((recipe.seed, epoch)),
        )
        for epoch in itertools.count()
    )
    return itertools.chain.from_iterable(epochs)


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
