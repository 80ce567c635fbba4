"""Where boxes and arrows of a picture go."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.drawing.layered import Placed, Size, place

SIZE = Size(100, 40)


def boxes(*names: str) -> dict[str, Size]:
    return dict.fromkeys(names, SIZE)


def test_what_follows_stands_below_and_branches_beside_each_other() -> None:
    placed = place(boxes("a", "b", "c"), [("a", "b"), ("a", "c")])
    (a_x, a_y), (b_x, b_y), (c_x, c_y) = (placed.centres[name] for name in "abc")
    assert a_y < b_y == c_y
    assert abs(b_x - c_x) >= SIZE.width
    assert a_x == (b_x + c_x) / 2


def test_an_arrow_goes_from_the_bottom_of_a_box_to_the_top_of_the_next() -> None:
    placed = place(boxes("a", "b"), [("a", "b")])
    start, *_, end = placed.paths[0]
    assert start == (placed.centres["a"][0], placed.centres["a"][1] + SIZE.height / 2)
    assert end == (placed.centres["b"][0], placed.centres["b"][1] - SIZE.height / 2)


def test_an_arrow_over_several_layers_passes_the_boxes_between() -> None:
    placed = place(boxes("a", "b", "c"), [("a", "b"), ("b", "c"), ("a", "c")])
    x, y = placed.centres["b"]
    beside = [point for point in placed.paths[2] if abs(point[1] - y) <= SIZE.height / 2]
    assert beside
    assert all(abs(point[0] - x) > SIZE.width / 2 for point in beside)


def test_crossing_arrows_are_uncrossed() -> None:
    placed = place(boxes("a", "b", "c", "d", "e"), [("a", "b"), ("a", "c"), ("b", "e"), ("c", "d")])
    x = {name: placed.centres[name][0] for name in "bcde"}
    assert (x["b"] < x["c"]) == (x["e"] < x["d"])


def test_a_circle_ends_in_an_arrow_that_runs_up() -> None:
    placed = place(boxes("a", "b", "c"), [("a", "b"), ("b", "c"), ("c", "a")])
    assert placed.centres["a"][1] < placed.centres["b"][1] < placed.centres["c"][1]
    assert placed.paths[2][0][1] > placed.paths[2][-1][1]


def _overlap(placed: Placed, one: str, other: str) -> bool:
    (x, y), (other_x, other_y) = placed.centres[one], placed.centres[other]
    return abs(x - other_x) < SIZE.width - 1e-6 and abs(y - other_y) < SIZE.height - 1e-6


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
@settings(max_examples=150)
def test_no_boxes_overlap_whatever_the_arrows_and_all_lies_within_the_picture(ends: list[tuple[int, int]]) -> None:
    sizes = boxes(*map(str, range(10)))
    placed = place(sizes, [(str(source), str(target)) for source, target in ends])
    assert len(placed.paths) == len(ends)
    assert not [pair for pair in combinations(sizes, 2) if _overlap(placed, *pair)]
    for x, y in placed.centres.values():
        assert SIZE.width / 2 - 1e-6 <= x <= placed.width - SIZE.width / 2 + 1e-6
        assert SIZE.height / 2 - 1e-6 <= y <= placed.height - SIZE.height / 2 + 1e-6
