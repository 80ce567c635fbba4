import itertools

import numpy as np
import pytest

from asr_models.trainer.word_loop import LoopWord, WordLoop

PDFS = 9
SILENCE = (0, 1)
WORDS = [
    LoopWord(((2, 3), (4, 5)), np.log(0.3)),
    LoopWord(((2, 3), (6, 7), (4, 5)), np.log(0.2)),
    LoopWord(((8, 8),), np.log(0.1)),
    LoopWord(((2, 3),), np.log(0.4)),
]


def loop() -> WordLoop:
    return WordLoop(WORDS, silence=SILENCE, pdfs=PDFS, silence_probability=0.4)


def scores(frames: int, excerpts: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(frames, PDFS, excerpts)).astype(np.float32)


def test_words_that_begin_alike_share_their_beginning():
    assert loop().states == 5


def test_every_frame_is_somewhere_for_sure():
    _, shares = loop().occupancy(scores(12))
    assert shares.sum(axis=1) == pytest.approx(np.ones((12, 2)), abs=1e-4)


def test_the_shares_are_the_slope_of_the_sum():
    some, step = scores(6), 1e-2
    _, shares = loop().occupancy(some)
    for frame, pdf in itertools.product(range(6), range(PDFS)):
        up, down = some.copy(), some.copy()
        up[frame, pdf] += step
        down[frame, pdf] -= step
        slope = (loop().occupancy(up)[0] - loop().occupancy(down)[0]) / (2 * step)
        assert slope == pytest.approx(shares[frame, pdf], abs=2e-3)


def test_what_the_scores_say_clearly_is_what_is_found():
    said = [0, 2, 3, 4, 5, 5, 0, 1, 8, 8, 0]
    clear = np.zeros((len(said), PDFS, 1), np.float32)
    clear[np.arange(len(said)), said] = 20
    _, shares = loop().occupancy(clear)
    assert list(shares[:, :, 0].argmax(axis=1)) == said
    assert shares.max(axis=1).min() > 0.99


def test_an_excerpt_may_begin_in_the_middle_of_a_word():
    said = [7, 4, 5, 0]
    clear = np.zeros((len(said), PDFS, 1), np.float32)
    clear[np.arange(len(said)), said] = 20
    _, shares = loop().occupancy(clear)
    assert list(shares[:, :, 0].argmax(axis=1)) == said


def test_a_very_long_excerpt_neither_overflows_nor_vanishes():
    log_sums, shares = loop().occupancy(30 * scores(3000))
    assert np.isfinite(log_sums).all() and np.isfinite(shares).all()
