"""Where boxes and arrows go: layers from top to bottom, few crossings, after Sugiyama, Tagawa and Toda (1981)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LAYER_GAP, BOX_GAP = 32.0, 22.0
SWEEPS = 12
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Size:
    """Of a box, in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A drawing without its looks."""

    centres: Mapping[str, Point]
    paths: tuple[tuple[Point, ...], ...]  # of the arrows, in their order, from box to box
    width: float
    height: float


@dataclass
class _Layout:
    sizes: dict[str, Size]
    layer: dict[str, int] = field(default_factory=dict)
    layers: list[list[str]] = field(default_factory=list)
    up: dict[str, list[str]] = field(default_factory=dict)
    down: dict[str, list[str]] = field(default_factory=dict)
    x: dict[str, float] = field(default_factory=dict)


def place(sizes: Mapping[str, Size], arrows: Sequence[tuple[str, str]]) -> Placed:
    """Place boxes, the first of them on top; every arrow goes between two of them."""
    layout = _Layout(dict(sizes))
    backward = _backward(sizes, arrows)
    forward = [
        (target, source) if each in backward else (source, target) for each, (source, target) in enumerate(arrows)
    ]
    _assign_layers(layout, list(sizes), forward)
    chains = [_chain(layout, number, *ends) for number, ends in enumerate(forward)]
    _order(layout)
    _spread(layout)
    left = min(layout.x[node] - layout.sizes[node].width / 2 for node in layout.x)
    tops, height = _tops(layout)
    centres = {
        node: (layout.x[node] - left, tops[layout.layer[node]][0] + tops[layout.layer[node]][1] / 2)
        for node in layout.x
    }
    width = max(centres[node][0] + layout.sizes[node].width / 2 for node in centres)
    paths = tuple(
        _path(chain if number not in backward else chain[::-1], centres, layout, tops)
        for number, chain in enumerate(chains)
    )
    return Placed({node: centres[node] for node in sizes}, paths, width, height)


def _backward(nodes: Iterable[str], arrows: Sequence[tuple[str, str]]) -> set[int]:
    """Return the arrows that close a circle, as one comes upon them from the first box on."""
    out: dict[str, list[tuple[int, str]]] = {}
    for number, (source, target) in enumerate(arrows):
        out.setdefault(source, []).append((number, target))
    closing, done = set[int](), set[str]()
    for start in nodes:
        if start in done:
            continue
        open_nodes, ways = [start], [iter(out.get(start, ()))]
        while ways:
            number, target = next(ways[-1], (-1, ""))
            if number < 0:
                ways.pop()
                done.add(open_nodes.pop())
            elif target in open_nodes:
                closing.add(number)
            elif target not in done:
                open_nodes.append(target)
                ways.append(iter(out.get(target, ())))
    return closing


def _assign_layers(layout: _Layout, nodes: list[str], arrows: list[tuple[str, str]]) -> None:
    """Put each box below all that lead to it."""
    layout.layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        grown = False
        for source, target in arrows:
            if source != target and layout.layer[target] <= layout.layer[source]:
                layout.layer[target] = layout.layer[source] + 1
                grown = True
        if not grown:
            break
    layout.layers = [[] for _ in range(max(layout.layer.values()) + 1)]
    for node in nodes:
        layout.layers[layout.layer[node]].append(node)


def _chain(layout: _Layout, number: int, source: str, target: str) -> list[str]:
    """Lead an arrow through every layer between its boxes by points that take part in the layout."""
    chain = [source]
    for layer in range(layout.layer[source] + 1, layout.layer[target]):
        point = f"·{number}·{layer}"
        layout.sizes[point], layout.layer[point] = Size(8, 0), layer
        layout.layers[layer].append(point)
        chain.append(point)
    chain.append(target)
    for above, below in pairwise(chain):
        layout.down.setdefault(above, []).append(below)
        layout.up.setdefault(below, []).append(above)
    return chain


def _order(layout: _Layout) -> None:
    """Sort each layer by the middle of its neighbours, down and up by turns; keep the order with fewest crossings."""
    best, fewest = [list(layer) for layer in layout.layers], _crossings(layout)
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        for layer in layout.layers if downward else layout.layers[::-1]:
            neighbours = layout.up if downward else layout.down
            rank = {node: number for each in layout.layers for number, node in enumerate(each)}
            place = {
                node: sum(rank[other] for other in neighbours[node]) / len(neighbours[node])
                if neighbours.get(node)
                else float(rank[node])
                for node in layer
            }
            layer.sort(key=place.__getitem__)
        crossings = _crossings(layout)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layout.layers], crossings
    layout.layers = best


def _crossings(layout: _Layout) -> int:
    rank = {node: number for layer in layout.layers for number, node in enumerate(layer)}
    count = 0
    for layer in layout.layers:
        ends = [(rank[node], rank[other]) for node in layer for other in layout.down.get(node, ())]
        count += sum(
            (one[0] < other[0] and one[1] > other[1]) or (one[0] > other[0] and one[1] < other[1])
            for number, one in enumerate(ends)
            for other in ends[number + 1 :]
        )
    return count


def _spread(layout: _Layout) -> None:
    """Bring each box near the middle of its neighbours without touching the ones beside it."""
    for layer in layout.layers:
        x = 0.0
        for node in layer:
            layout.x[node] = x + layout.sizes[node].width / 2
            x += layout.sizes[node].width + BOX_GAP
    for sweep in range(SWEEPS * 2):
        for layer in layout.layers if sweep % 2 == 0 else layout.layers[::-1]:
            near = layout.up if sweep % 2 == 0 else layout.down
            wanted = [_middle(layout, near.get(node, ()), layout.x[node]) for node in layer]
            _settle(layout, layer, wanted)


def _middle(layout: _Layout, neighbours: Sequence[str], otherwise: float) -> float:
    return sum(layout.x[node] for node in neighbours) / len(neighbours) if neighbours else otherwise


def _settle(layout: _Layout, layer: list[str], wanted: list[float]) -> None:
    """Place a layer's boxes as near to where they want to be as their order and widths allow.

    Boxes that would overlap form a group around the mean of what they want (pool adjacent violators).
    """
    offset, offsets = 0.0, list[float]()
    for number, node in enumerate(layer):
        if number:
            before = layer[number - 1]
            offset += (layout.sizes[before].width + layout.sizes[node].width) / 2 + BOX_GAP
        offsets.append(offset)
    groups: list[tuple[float, int]] = []
    for want, own in zip(wanted, offsets, strict=True):
        groups.append((want - own, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (one, many), (other, more) = groups[-2:]
            groups[-2:] = [((one * many + other * more) / (many + more), many + more)]
    starts = [start for start, many in groups for _ in range(many)]
    for node, start, own in zip(layer, starts, offsets, strict=True):
        layout.x[node] = start + own


def _tops(layout: _Layout) -> tuple[list[tuple[float, float]], float]:
    """Return top and height of every layer, and the height of all."""
    tops: list[tuple[float, float]] = []
    y = 0.0
    for layer in layout.layers:
        height = max(layout.sizes[node].height for node in layer)
        tops.append((y, height))
        y += height + LAYER_GAP
    return tops, y - LAYER_GAP


def _path(
    chain: list[str], centres: Mapping[str, Point], layout: _Layout, tops: list[tuple[float, float]]
) -> tuple[Point, ...]:
    """Return the points of an arrow; beside boxes of its layers it runs straight up or down."""
    going_down = layout.layer[chain[0]] <= layout.layer[chain[-1]]
    points: list[Point] = []
    for node in chain[1:-1]:
        x, (top, height) = centres[node][0], tops[layout.layer[node]]
        points += [(x, top), (x, top + height)] if going_down else [(x, top + height), (x, top)]
    if going_down:
        (x, y), (end_x, end_y) = centres[chain[0]], centres[chain[-1]]
        half, end_half = layout.sizes[chain[0]].height / 2, layout.sizes[chain[-1]].height / 2
        bottom, end_top = sum(tops[layout.layer[chain[0]]]), tops[layout.layer[chain[-1]]][0]
        return ((x, y + half), (x, bottom), *points, (end_x, end_top), (end_x, end_y - end_half))
    leaving = _upward(chain[0], centres[chain[1]][0], centres, layout, -1)
    arriving = _upward(chain[-1], centres[chain[-2]][0], centres, layout, +1)
    return (*leaving, *points, *arriving[::-1])


def _upward(node: str, to_x: float, centres: Mapping[str, Point], layout: _Layout, end: int) -> list[Point]:
    """Return how an arrow that runs upward leaves or reaches a box: by its side when the way there is free.

    `end` is -1 for the top of the box and +1 for its bottom.
    """
    (x, y), size = centres[node], layout.sizes[node]
    side = x + size.width / 2 if to_x > x else x - size.width / 2
    between = sorted((side, to_x))
    beside = (other for other in layout.layers[layout.layer[node]] if other != node)
    is_free = all(
        centres[other][0] + layout.sizes[other].width / 2 < between[0]
        or centres[other][0] - layout.sizes[other].width / 2 > between[1]
        for other in beside
    )
    if abs(to_x - x) > size.width / 2 and is_free:
        return [(side, y), (to_x, y)]
    return [(x + (side - x) / 2, y + end * size.height / 2)]  # beside the arrows that come from above
