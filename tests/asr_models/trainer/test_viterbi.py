import itertools

import numpy as np
import pytest

from asr_models.trainer.viterbi import PhoneGraph, align, phone_graph

A, B, C = 1, 2, 3


def scores_of(units: list[int], *, right: float = 0.0, wrong: float = -5.0) -> np.ndarray:
    """Scores that want these units, frame by frame."""
    scores = np.full((len(units), 8), wrong, np.float32)
    for frame, unit in enumerate(units):
        scores[frame, [2 * unit, 2 * unit + 1]] = right
    return scores


def heard(scores: np.ndarray, graph: PhoneGraph) -> list[int]:
    path = align(scores, graph)
    assert path is not None
    return graph.units[path.places].tolist()


def test_phones_are_found_where_they_sound() -> None:
    units = [0, 0, A, A, A, B, 0]
    assert heard(scores_of(units), phone_graph([[[A, B]]])) == units


def test_silence_between_words_is_found_only_where_there_is_some() -> None:
    graph = phone_graph([[[A]], [[B]]])
    assert heard(scores_of([A, 0, 0, B]), graph) == [A, 0, 0, B]
    assert heard(scores_of([A, A, B, B]), graph) == [A, A, B, B]


def test_a_word_has_the_pronunciation_that_fits_best() -> None:
    graph = phone_graph([[[A, B], [A, C]], [[B]]])
    assert heard(scores_of([A, C, C, B]), graph) == [A, C, C, B]
    path = align(scores_of([A, C, C, B]), graph)
    assert path is not None
    assert graph.words[path.places].tolist() == [0, 0, 0, 1]


def test_a_text_is_kept_to_even_where_the_sound_is_another() -> None:
    assert heard(scores_of([C, C, C]), phone_graph([[[A, B]]])) in ([A, B, B], [A, A, B], [A, B, 0], [0, A, B])


def test_more_phones_than_frames_cannot_be_aligned() -> None:
    assert align(scores_of([A, B]), phone_graph([[[A, B, C]]])) is None


def test_the_same_phone_twice_is_entered_twice() -> None:
    scores = scores_of([A, A, A, A])
    scores[2, 2 * A + 1] = -5  # the third frame sounds like a first one
    path = align(scores, phone_graph([[[A, A]]]))
    assert path is not None
    assert path.first.tolist() == [True, False, True, False]


@pytest.mark.parametrize("seed", range(20))
def test_no_other_path_is_better(seed: int) -> None:
    random = np.random.default_rng(seed)
    graph = phone_graph([[[A, B], [C]], [[B, A]]])
    scores = random.standard_normal((6, 8)).astype(np.float32)
    path = align(scores, graph)
    assert path is not None
    assert path.score * len(scores) == pytest.approx(best_by_trying(scores, graph), rel=1e-5)


def best_by_trying(scores: np.ndarray, graph: PhoneGraph) -> float:
    best = -np.inf
    places = range(len(graph.units))
    for tried in itertools.product(places, repeat=len(scores)):
        if graph.starts[tried[0]] and graph.ends[tried[-1]]:
            best = max(best, score_of(tried, scores, graph))
    return best


def score_of(places: tuple[int, ...], scores: np.ndarray, graph: PhoneGraph) -> float:
    total = float(scores[0, 2 * graph.units[places[0]]])
    for frame, (last, place) in enumerate(itertools.pairwise(places), start=1):
        unit = 2 * graph.units[place]
        if last == place:
            total += float(scores[frame, unit + 1])
        elif last in graph.before[place]:
            total += float(scores[frame, unit])
        else:
            return -np.inf
    return total
