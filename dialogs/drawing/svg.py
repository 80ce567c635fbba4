"""A flow's picture as SVG, without any program but this."""

from __future__ import annotations

import textwrap
from xml.sax.saxutils import escape, quoteattr

from dialogs.drawing.graph import LABEL_CHARACTERS, Box, Graph
from dialogs.drawing.layered import Point, Size, place

MARGIN, HEAD, LINE, PADDING = 24.0, 56.0, 16.0, 10.0
CHARACTER, BOLD = 7.2, 8.1  # widths of a letter of 12 px, on average
FONT = "DejaVu Sans, Verdana, Arial, sans-serif"

FILLS = {
    "say": "#e3f2fd",
    "collect": "#fff3cd",
    "clarify": "#fff3cd",
    "action": "#e8def8",
    "look_up": "#e8def8",
    "set_slots": "#eceff1",
    "call": "#d7f0e3",
    "link": "#d7f0e3",
    "noop": "#f5f5f5",
    "handoff": "#ffdcd2",
    "hang_up": "#ffdcd2",
    "start": "#ffffff",
    "end": "#ffffff",
}
"""One colour per sort of step."""
ROUND = ("start", "end")
LADDER_COLOUR, ARROW_COLOUR, TEXT_COLOUR = "#b3541e", "#5f6b76", "#1f2933"


def draw(graph: Graph) -> str:
    """Return the picture of a flow."""
    boxes = {box.id: box for box in graph.boxes}
    ends: list[tuple[str, str]] = []
    whole: list[tuple[int, ...]] = []  # of every arrow, its parts: one, or two with a label between them
    for number, arrow in enumerate(graph.arrows):
        whole.append((len(ends), len(ends) + 1) if arrow.label else (len(ends),))
        if arrow.label:
            label = Box(f"·label {number}", "label", "", tuple(textwrap.wrap(arrow.label, LABEL_CHARACTERS)))
            boxes[label.id] = label
            ends += [(arrow.source, label.id), (label.id, arrow.target)]
        else:
            ends.append((arrow.source, arrow.target))
    placed = place({box.id: _size(box) for box in boxes.values()}, ends)
    width = max(placed.width, CHARACTER * 1.3 * len(graph.title), CHARACTER * len(graph.description)) + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{placed.height + HEAD + 2 * MARGIN:.0f}"'
        f' font-family={quoteattr(FONT)} font-size="12" fill="{TEXT_COLOUR}">',
        f"<title>{escape(graph.title)}</title>",
        *(_marker(name, colour) for name, colour in (("arrow", ARROW_COLOUR), ("ladder", LADDER_COLOUR))),
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{MARGIN}" y="{MARGIN + 14}" font-size="16" font-weight="bold">{escape(graph.title)}</text>',
        f'<text x="{MARGIN}" y="{MARGIN + 34}">{escape(graph.description)}</text>',
        f'<g transform="translate({MARGIN} {MARGIN + HEAD})">',
    ]
    for arrow, numbers in zip(graph.arrows, whole, strict=True):
        for part in numbers:
            parts.append(_line(placed.paths[part], is_ladder=arrow.is_ladder, has_head=part == numbers[-1]))
    for box in boxes.values():
        parts += _box(box, placed.centres[box.id])
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _size(box: Box) -> Size:
    if box.kind == "label":
        return Size(max(map(len, box.lines)) * CHARACTER + 6, len(box.lines) * LINE)
    longest = max(len(box.title) * BOLD, *(len(line) * CHARACTER for line in box.lines), 0)
    return Size(longest + 2 * PADDING, (1 + len(box.lines)) * LINE + 2 * PADDING - 4)


def _box(box: Box, centre: Point) -> list[str]:
    size, (x, y) = _size(box), centre
    top = y - size.height / 2
    parts = []
    if box.kind != "label":
        radius = size.height / 2 if box.kind in ROUND and not box.lines else 6
        parts.append(
            f'<rect x="{x - size.width / 2:.1f}" y="{top:.1f}" width="{size.width:.1f}" height="{size.height:.1f}"'
            f' rx="{radius:.1f}" fill="{FILLS[box.kind]}" stroke="{ARROW_COLOUR}"/>'
        )
        top += PADDING - 2
        parts.append(_text(box.title, x, top + LINE - 4, ' font-weight="bold"' if box.kind not in ROUND else ""))
        top += LINE
    parts += [_text(line, x, top + (number + 1) * LINE - 4) for number, line in enumerate(box.lines)]
    return parts


def _text(text: str, x: float, y: float, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle"{more}>{escape(text)}</text>'


def _line(points: tuple[Point, ...], *, is_ladder: bool, has_head: bool) -> str:
    """Draw an arrow: straight along boxes, curved between layers."""
    (x, y), *more = points
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in more:
        middle = (y + next_y) / 2
        path.append(
            f"L{next_x:.1f} {next_y:.1f}"
            if next_x == x
            else f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
        )
        x, y = next_x, next_y
    colour, dashes = (LADDER_COLOUR, ' stroke-dasharray="5 4"') if is_ladder else (ARROW_COLOUR, "")
    head = f' marker-end="url(#{"ladder" if is_ladder else "arrow"})"' if has_head else ""
    return f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="1.3"{dashes}{head}/>'


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
    )
