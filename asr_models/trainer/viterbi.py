"""Forced alignment: the most likely place in time of every phone of a known text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SILENCE_UNIT = 0
_NEVER = np.float32(-1e30)


@dataclass(frozen=True, slots=True)
class PhoneGraph:
    """The phones a text may be said with: its words' variants in parallel, silence between words if there is any.

    A unit has two pdfs, `2 * unit` for its first frame and `2 * unit + 1` for all others.
    """

    units: NDArray[np.int64]  # of every place in the graph
    words: NDArray[np.int64]  # index of the word the place belongs to, -1 in silence
    before: NDArray[np.int64]  # [places, most]: places one may come from, padded with `len(units)`
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AlignedPath:
    """What a path goes through, frame by frame."""

    places: NDArray[np.int64]  # [frames]
    first: NDArray[np.bool_]  # [frames]: the frame that enters the place
    score: float  # natural logarithm, a frame


def phone_graph(words: Sequence[Sequence[Sequence[int]]]) -> PhoneGraph:
    """Build the graph of a text: for every word its variants, each a sequence of units."""
    units, owner, before = [SILENCE_UNIT], [-1], [list[int]()]
    open_ends = [0]  # places from which the next word may be entered
    starts = {0}
    for index, variants in enumerate(words):
        last_places = []
        for variant in variants:
            for position, unit in enumerate(variant):
                place = len(units)
                units.append(unit)
                owner.append(index)
                before.append([place - 1] if position else list(open_ends))
                if index == 0 and position == 0:
                    starts.add(place)
            last_places.append(len(units) - 1)
        silence = len(units)
        units.append(SILENCE_UNIT)
        owner.append(-1)
        before.append(list(last_places))
        open_ends = [*last_places, silence]
    size = len(units)
    padded = np.full((size, max(1, *(len(places) for places in before))), size, np.int64)
    for place, places in enumerate(before):
        padded[place, : len(places)] = places
    is_start, is_end = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    is_start[list(starts)] = True
    is_end[open_ends] = True
    return PhoneGraph(np.array(units), np.array(owner), padded, is_start, is_end)


def align(scores: NDArray[np.float32], graph: PhoneGraph) -> AlignedPath | None:
    """Find the best path; None when the text has more phones than there are frames.

    Args:
        scores: log-likelihoods of the pdfs [frames, pdfs].
        graph: what was said.
    """
    frames, size = len(scores), len(graph.units)
    first_scores, loop_scores = scores[:, 2 * graph.units], scores[:, 2 * graph.units + 1]
    entering = np.where(graph.starts, first_scores[0], _NEVER)
    looping = np.full(size, _NEVER)
    came_from = np.zeros((frames, size), np.int64)  # place before the entering frame
    was_looping = np.zeros((frames, size), np.bool_)  # whether the place's better half before the frame was its loop
    best_of = np.full(size + 1, _NEVER)  # the last is for the padding of `before`
    rows = np.arange(size)
    for frame in range(1, frames):
        np.maximum(entering, looping, out=best_of[:size])
        options = best_of[graph.before]
        choice = options.argmax(axis=1)
        came_from[frame] = graph.before[rows, choice]
        was_looping[frame] = looping > entering
        looping = best_of[:size] + loop_scores[frame]
        entering = options[rows, choice] + first_scores[frame]
    last = np.where(graph.ends, np.maximum(entering, looping), _NEVER)
    place = int(last.argmax())
    if last[place] < _NEVER / 2:
        return None
    return _trace(place, bool(looping[place] > entering[place]), came_from, was_looping, float(last[place]) / frames)


def _trace(
    place: int, loops: bool, came_from: NDArray[np.int64], was_looping: NDArray[np.bool_], score: float
) -> AlignedPath:
    frames = len(came_from)
    places, first = np.zeros(frames, np.int64), np.zeros(frames, np.bool_)
    for frame in range(frames - 1, -1, -1):
        places[frame], first[frame] = place, not loops
        if frame == 0:
            break
        if not loops:
            place = int(came_from[frame, place])
        loops = bool(was_looping[frame, place])
    return AlignedPath(places, first, score)
