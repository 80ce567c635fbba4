"""Words in time <-> what a network is to say at every output frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import GARBAGE, OUTSIDE, Segment, Word

OUTPUT_SECONDS = 0.03
FIRST_CENTRE_SECONDS = 0.0125
"""The middle of the first window of 25 ms; the next output's lies 30 ms later."""

IGNORED = -100
"""Label of frames that teach nothing, as PyTorch's cross-entropy wants it."""

Labels = NDArray[np.int64]


def rasterise(
    words: Sequence[Word], outputs: int, pdfs: Sequence[Sequence[tuple[int, int]]], silence: tuple[int, int]
) -> Labels:
    """Label every output by the phone at the middle of its window.

    Args:
        words: what is said and where.
        outputs: how many frames of 30 ms there are.
        pdfs: for every word, of every phone, the pdf of its first and of its other frames.
        silence: the same for the time between words.
    """
    labels = np.full(outputs, silence[1], np.int64)
    for word, word_pdfs in zip(words, pdfs, strict=True):
        for segment, (first, loop) in zip(word.phones, word_pdfs, strict=True):
            start, end = output_at(segment.start_seconds, outputs), output_at(segment.end_seconds, outputs)
            if start < end:
                labels[start] = first
                labels[start + 1 : end] = loop
    return _with_first_silences(labels, silence)


def output_at(seconds: float, outputs: int) -> int:
    """Find the first output whose window's middle is not before a time."""
    return int(np.clip(np.ceil((seconds - FIRST_CENTRE_SECONDS) / OUTPUT_SECONDS - 1e-6), 0, outputs))


def output_bounds_seconds(output: int) -> tuple[float, float]:
    """Give the time an output stands for: half an output's length to each side of its middle."""
    middle = FIRST_CENTRE_SECONDS + OUTPUT_SECONDS * output
    return max(0.0, middle - OUTPUT_SECONDS / 2), middle + OUTPUT_SECONDS / 2


def _with_first_silences(labels: Labels, silence: tuple[int, int]) -> Labels:
    is_silent = labels == silence[1]
    before = np.concatenate([[False], is_silent[:-1]])
    labels[is_silent & ~before] = silence[0]
    return labels


def write_words(words: Iterable[Word]) -> str:
    """Write aligned words as one line of text: `нет=n':0.51-0.57,e:0.57-0.72,t:0.72-0.78 …`."""
    return " ".join(
        word.text + "=" + ",".join(f"{s.unit}:{s.start_seconds:.4f}-{s.end_seconds:.4f}" for s in word.phones)
        for word in words
    )


def read_words(line: str) -> tuple[Word, ...]:
    """Read what `write_words` wrote."""
    return tuple(_read_word(item) for item in line.split(" ") if item)


def _read_word(item: str) -> Word:
    text, _, phones = item.partition("=")
    return Word(text, tuple(_read_segments(phones)))


def _read_segments(phones: str) -> Iterator[Segment]:
    for phone in phones.split(","):
        unit, _, times = phone.rpartition(":")
        start, _, end = times.partition("-")
        yield Segment(unit, float(start), float(end))


def outside_word(start_seconds: float, end_seconds: float) -> Word:
    """Make the word that stands for speech the model is not to know."""
    return Word(OUTSIDE, (Segment(GARBAGE, start_seconds, end_seconds),))
