"""Stage `align`: find every phone of the clean clips in time, starting from nothing but their texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from asr_models.graphs.errors import WordUnpronounceable
from asr_models.graphs.letters import PHONES
from asr_models.graphs.lexicon import Lexicon, read_lexicon
from asr_models.graphs.pronunciation import pronounce
from asr_models.trainer import clean_features
from asr_models.trainer.clean_features import CleanClip
from asr_models.trainer.clip_store import ALIGNMENTS, join_sound
from asr_models.trainer.clips import OUTSIDE_KINDS, SILENCE, BankClip, Segment, Word, read_index, read_pcm
from asr_models.trainer.fitting import Schedule, fit
from asr_models.trainer.head import Head, HeadShape
from asr_models.trainer.labels import IGNORED, Labels, output_bounds_seconds, write_words
from asr_models.trainer.quiet import outside_words, within_speech
from asr_models.trainer.recipe import AlignmentRecipe
from asr_models.trainer.viterbi import AlignedPath, PhoneGraph, align, phone_graph
from asr_models.trainer.windows import Shard
from asr_models.trainer.workers import run_pieces

_PIECE_CLIPS = 400
_OUTPUTS_AN_HOUR = 120_000
_UNITS = (SILENCE, *PHONES)
_UNIT_INDEX = {name: index for index, name in enumerate(_UNITS)}
_VOWELS = frozenset("aoeuiy@")
_VOWEL_LENGTH = 1.4  # of a consonant's, in the even split


@dataclass(frozen=True, slots=True)
class AlignmentReport:
    """What came out of the stage."""

    aligned: int
    outside: int
    dropped: tuple[str, ...]  # ids of clips whose text does not fit their sound


Report = Callable[[str, float], None]
"""What is being done, and how much of it is done, 0..1."""


class _Text:
    """A clip's text as the aligner needs it."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.words = text.split()
        self.variants = [
            [[_UNIT_INDEX[phone] for phone in said.phones] for said in lexicon.get(word) or pronounce(word)]
            for word in self.words
        ]
        self.graph = phone_graph(self.variants)


def align_bank(
    work_dir: Path, recipe: AlignmentRecipe, processes: int, report: Report = lambda what, fraction: None
) -> AlignmentReport:
    """Align all clips of `<work>/speech` into `<work>/alignments/alignments.tsv`."""
    speech_dir, folder = work_dir / "speech", work_dir / "alignments"
    folder.mkdir(parents=True, exist_ok=True)
    index = read_index(speech_dir)
    inside = [clip for clip in index if clip.kind not in OUTSIDE_KINDS]
    files = _compute_features(inside, speech_dir, folder, recipe, processes, report)
    lexicon = read_lexicon()
    clips = {clip.id: clip for clip in inside}
    texts = {clip.id: text for clip in inside if (text := _text_of(clip, lexicon)) is not None}
    head, scale, priors = _train_aligner(files, texts, recipe, report)
    lines, dropped, seen = [], [], 0
    for file in files:
        for clip in clean_features.load(file, recipe.layers):
            seen += 1
            path = _best_path(head, clip, texts[clip.id], priors, scale, recipe) if clip.id in texts else None
            if path is None or path.score < recipe.lowest_score:
                dropped.append(clip.id)
            else:
                pcm = read_pcm(clips[clip.id].wav_path(speech_dir))
                lines.append((clip.id, write_words(within_speech(_words(path, texts[clip.id]), pcm))))
        report("aligning", seen / max(1, len(inside)))
    outside = [clip for clip in index if clip.kind in OUTSIDE_KINDS]
    for bank_clip in outside:
        lines.append((bank_clip.id, write_words(outside_words(read_pcm(bank_clip.wav_path(speech_dir))))))
    partial = folder / "alignments.partial"
    partial.write_text("".join(f"{clip_id}\t{words}\n" for clip_id, words in lines), encoding="utf-8")
    os.replace(partial, folder / ALIGNMENTS)
    join_sound(work_dir, report)
    return AlignmentReport(len(lines) - len(outside), len(outside), tuple(dropped))


def _compute_features(
    clips: Sequence[BankClip], speech_dir: Path, folder: Path, recipe: AlignmentRecipe, processes: int, report: Report
) -> list[Path]:
    pieces = [
        clean_features.Piece(part, speech_dir, folder / f"clean-{number:04}.npz", recipe.layers, recipe.noise_level)
        for number, part in enumerate(clean_features.cut(clips, _PIECE_CLIPS))
    ]
    done = 0
    for count in run_pieces(clean_features.compute, pieces, processes):
        done += count
        report("listening to the clean clips", done / max(1, len(clips)))
    return [piece.file for piece in pieces]


def _text_of(clip: BankClip, lexicon: Lexicon) -> _Text | None:
    try:
        return _Text(clip.text, lexicon)
    except WordUnpronounceable:
        return None


def _train_aligner(
    files: Sequence[Path], texts: dict[str, _Text], recipe: AlignmentRecipe, report: Report
) -> tuple[Head, float, NDArray[np.float32]]:
    """Train on an even sample of the clips; gives the head, the scale of its priors and the priors' logarithms."""
    sample = _sample(files, texts, recipe)
    labels = [_even_split(clip, texts[clip.id]) for clip in sample]
    shape = HeadShape(sample[0].frames.shape[1], recipe.bottleneck, recipe.width, recipe.layers, 2 * len(_UNITS))
    torch.manual_seed(0)
    head = Head(shape, input_dropout=0.1, dropout=0.1)
    head.normalise_inputs(np.concatenate([clip.frames[::5] for clip in sample]))
    priors = _log_priors(labels)
    for turn in range(recipe.rounds):
        shard = _shard(sample, labels, recipe.layers)
        schedule = Schedule(
            epochs=recipe.epochs_a_round,
            learning_rate=recipe.learning_rate,
            last_learning_rate=recipe.last_learning_rate,
            window=32,
            batch=48,
            seed=turn,
        )
        averaged = fit(
            head,
            [shard],
            schedule,
            report=lambda progress, turn=turn: report(  # type: ignore[misc]
                f"training the aligner, loss {progress.loss:.2f}", (turn + progress.fraction) / recipe.rounds
            ),
        )
        head.load_state_dict(averaged.state_dict())
        scale = recipe.prior_scales[min(turn, len(recipe.prior_scales) - 1)]
        priors = _log_priors(labels)
        if turn + 1 < recipe.rounds:
            paths = [_best_path(head, clip, texts[clip.id], priors, scale, recipe) for clip in sample]
            labels = [
                old if path is None else _labels(path, texts[clip.id].graph)
                for clip, path, old in zip(sample, paths, labels, strict=True)
            ]
    return head, scale, priors


def _sample(files: Sequence[Path], texts: dict[str, _Text], recipe: AlignmentRecipe) -> list[CleanClip]:
    clips = [clip for file in files for clip in clean_features.load(file, recipe.layers) if clip.id in texts]
    total = sum(len(clip.quiet) for clip in clips)
    step = max(1, round(total / (recipe.training_hours * _OUTPUTS_AN_HOUR)))
    if not clips:
        raise ValueError("no clip of the bank can be aligned: is <work>/speech empty?")
    return clips[::step]


def _even_split(clip: CleanClip, text: _Text) -> Labels:
    """Spread the phones evenly over all that is not surely silent."""
    labels = np.full(len(clip.quiet), 1, np.int64)
    units = [unit for variants in text.variants for unit in variants[0]]
    lengths = np.array([_VOWEL_LENGTH if _UNITS[unit] in _VOWELS else 1.0 for unit in units])
    spoken = np.flatnonzero(~clip.quiet)
    if not len(spoken):
        return labels
    edges = np.concatenate([[0], np.cumsum(lengths) / lengths.sum()]) * len(spoken)
    for unit, start, end in zip(units, edges[:-1].round().astype(int), edges[1:].round().astype(int), strict=True):
        if start < end:
            labels[spoken[start]] = 2 * unit
            labels[spoken[start + 1 : end]] = 2 * unit + 1
    return labels


def _shard(clips: Sequence[CleanClip], labels: Sequence[Labels], margin: int) -> Shard:
    edge = np.full(margin, IGNORED, np.int64)
    return Shard(
        np.concatenate([clip.frames for clip in clips]),
        np.concatenate([part for own in labels for part in (edge, own, edge)]),
    )


def _log_priors(labels: Sequence[Labels]) -> NDArray[np.float32]:
    counts = 10.0 + np.bincount(np.concatenate(labels), minlength=2 * len(_UNITS))
    return np.log(counts / counts.sum()).astype(np.float32)


def _best_path(
    head: Head, clip: CleanClip, text: _Text, log_priors: NDArray[np.float32], scale: float, recipe: AlignmentRecipe
) -> AlignedPath | None:
    scores = np.maximum(head.log_probabilities(clip.frames) - scale * log_priors, np.float32(recipe.floor))
    scores[clip.quiet, 2:] -= np.float32(recipe.outside_speech_penalty)
    return align(scores, text.graph)


def _labels(path: AlignedPath, graph: PhoneGraph) -> Labels:
    return 2 * graph.units[path.places] + (~path.first).astype(np.int64)


def _words(path: AlignedPath, text: _Text) -> tuple[Word, ...]:
    phones: list[list[Segment]] = [[] for _ in text.words]
    starts = [*np.flatnonzero(path.first), len(path.places)]
    for start, end in pairwise(starts):
        place = path.places[start]
        word = int(text.graph.words[place])
        if word >= 0:
            begin, finish = output_bounds_seconds(int(start))[0], output_bounds_seconds(int(end) - 1)[1]
            phones[word].append(Segment(_UNITS[int(text.graph.units[place])], begin, finish))
    return tuple(Word(word, tuple(segments)) for word, segments in zip(text.words, phones, strict=True))
