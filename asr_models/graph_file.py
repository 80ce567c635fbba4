"""Whether an OpenFst file holds all that its header promises: OpenFst itself reads a truncated one without a word.

Layouts as OpenFst writes them: fst.cc (header), const-fst.h, add-on.h, label-reachable.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = 0x7EB2FDD6
_ADD_ON_MAGIC = 0x1A9FD15A
_FLAG_SYMBOLS = 0b011
_FLAG_ALIGNED = 0b100
_ALIGNMENT = 16
_CONST_STATE_BYTES = 20  # final weight, first arc, arcs, input and output epsilons
_ARC_BYTES = 16  # input and output label, weight, next state


class GraphDamaged(Exception):
    """The bytes are not a whole graph; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class _Header:
    kind: str
    flags: int
    states: int
    arcs: int


class _Cursor:
    """A place in the file's bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    @property
    def left(self) -> int:
        return len(self.content) - self.place

    def skip(self, size: int) -> None:
        if size < 0 or size > self.left:
            raise GraphDamaged("truncated" if size >= 0 else "damaged (a negative length)")
        self.place += size

    def take(self, layout: str) -> int:
        start = self.place
        self.skip(struct.calcsize(layout))
        return int(struct.unpack_from(layout, self.content, start)[0])

    def text(self) -> str:
        length = self.take("<i")
        if not 0 < length < 64:
            raise GraphDamaged("damaged header")
        start = self.place
        self.skip(length)
        return self.content[start : self.place].decode("ascii", "replace")


def check_graph(content: bytes) -> None:
    """Make sure a graph is whole; of kinds other than const and olabel_lookahead only the header is looked at.

    Raises:
        GraphDamaged: says what is wrong.
    """
    cursor = _Cursor(content)
    header = _header(cursor)
    if header.flags & _FLAG_SYMBOLS:  # symbol tables inside: Vosk's graphs have none, so their form is left alone
        return
    match header.kind:
        case "const":
            _skip_const_graph(cursor, header)
        case "olabel_lookahead":
            _skip_look_ahead_graph(cursor)
        case _:
            return
    if cursor.left:
        raise GraphDamaged(f"damaged ({cursor.left} bytes too many)")


def _header(cursor: _Cursor) -> _Header:
    if cursor.take("<I") != _MAGIC:
        raise GraphDamaged("not an OpenFst graph")
    kind = cursor.text()
    cursor.text()  # type of the arcs
    cursor.skip(4)  # version
    flags = cursor.take("<i")
    cursor.skip(16)  # properties, start state
    return _Header(kind, flags, states=cursor.take("<q"), arcs=cursor.take("<q"))


def _skip_const_graph(cursor: _Cursor, header: _Header) -> None:
    for size in (header.states * _CONST_STATE_BYTES, header.arcs * _ARC_BYTES):
        if header.flags & _FLAG_ALIGNED:
            cursor.skip(-cursor.place % _ALIGNMENT)
        cursor.skip(size)


def _skip_look_ahead_graph(cursor: _Cursor) -> None:
    if cursor.take("<I") != _ADD_ON_MAGIC:
        raise GraphDamaged("damaged (the look-ahead data has no mark)")
    inner = _header(cursor)
    if inner.kind != "const":
        raise GraphDamaged(f"a look-ahead graph over «{inner.kind}», not const")
    _skip_const_graph(cursor, inner)
    if cursor.take("<?"):
        for _side in ("input labels", "output labels"):
            if cursor.take("<?"):
                _skip_reachable_labels(cursor)


def _skip_reachable_labels(cursor: _Cursor) -> None:
    cursor.skip(1)  # which side it is for
    if cursor.take("<?"):  # the relabelling is kept
        cursor.skip(cursor.take("<q") * 8)
    cursor.skip(4)  # label of final states
    for _ in range(cursor.take("<q")):
        cursor.skip(cursor.take("<q") * 8)  # intervals: begin, end
        cursor.skip(4)  # how many labels they hold
