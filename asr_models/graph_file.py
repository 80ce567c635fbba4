"""Whether an OpenFst file is whole and its arcs lead somewhere: OpenFst itself reads a truncated one without a word.

Layouts as OpenFst writes them: fst.cc (header), symbol-table.cc, const-fst.h, ngram-fst.h, add-on.h, label-reachable.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

import numpy as np

_MAGIC = 0x7EB2FDD6
_ADD_ON_MAGIC = 0x1A9FD15A
_SYMBOLS_MAGIC = 0x7EB2FB74
_FLAG_INPUT_SYMBOLS = 0b001
_FLAG_OUTPUT_SYMBOLS = 0b010
_FLAG_ALIGNED = 0b100
_ALIGNMENT = 16
_CONST_STATE = np.dtype(
    [("final", "<f4"), ("first_arc", "<u4"), ("arcs", "<u4"), ("input_epsilons", "<u4"), ("output_epsilons", "<u4")]
)
_ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("next", "<i4")])
_Rows = np.ndarray[tuple[int], np.dtype[np.void]]
_ROWS_AT_ONCE = 1_000_000
_LONGEST_SYMBOL_BYTES = 4096


class GraphDamaged(Exception):
    """The bytes are not a whole graph; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class _Header:
    kind: str
    flags: int
    start: int
    states: int
    arcs: int


class _Cursor:
    """A place in the file's bytes."""

    def __init__(self, content: bytes | mmap) -> None:
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


def check_graph(content: bytes | mmap) -> int:
    """Make sure a graph is whole and return its highest input label, 0 where it is not looked for.

    Of kinds other than const, ngram and olabel_lookahead only the header is looked at.

    Raises:
        GraphDamaged: says what is wrong.
    """
    highest_label = 0
    cursor = _Cursor(content)
    header = _header(cursor)
    for flag in (_FLAG_INPUT_SYMBOLS, _FLAG_OUTPUT_SYMBOLS):
        if header.flags & flag:
            for _ in _symbols(cursor):
                pass
    match header.kind:
        case "const":
            highest_label = _check_const_graph(cursor, header)
        case "ngram":
            _skip_ngram_graph(cursor)
        case "olabel_lookahead":
            highest_label = _check_look_ahead_graph(cursor)
        case _:
            return highest_label
    if cursor.left:
        raise GraphDamaged(f"damaged ({cursor.left} bytes too many)")
    return highest_label


def graph_words(content: bytes | mmap) -> list[str] | None:
    """Return the words of the output symbols inside a graph, as Vosk's small models carry them; None without any.

    Raises:
        GraphDamaged: says what is wrong.
    """
    cursor = _Cursor(content)
    flags = _header(cursor).flags
    if not flags & _FLAG_OUTPUT_SYMBOLS:
        return None
    if flags & _FLAG_INPUT_SYMBOLS:
        for _ in _symbols(cursor):
            pass
    try:
        return [word.decode("utf-8") for word in _symbols(cursor)]
    except UnicodeDecodeError as error:
        raise GraphDamaged("damaged (a word is not UTF-8)") from error


def _header(cursor: _Cursor) -> _Header:
    if cursor.take("<I") != _MAGIC:
        raise GraphDamaged("not an OpenFst graph")
    kind = cursor.text()
    cursor.text()  # type of the arcs
    cursor.skip(4)  # version
    flags = cursor.take("<i")
    cursor.skip(8)  # properties
    return _Header(kind, flags, start=cursor.take("<q"), states=cursor.take("<q"), arcs=cursor.take("<q"))


def _symbols(cursor: _Cursor) -> Iterator[bytes]:
    if cursor.take("<I") != _SYMBOLS_MAGIC:
        raise GraphDamaged("damaged (the words have no mark)")
    cursor.skip(cursor.take("<i"))  # name of the table
    cursor.skip(8)  # next free number
    for _ in range(cursor.take("<q")):
        length = cursor.take("<i")
        if not 0 < length < _LONGEST_SYMBOL_BYTES:
            raise GraphDamaged("damaged among its words")
        start = cursor.place
        cursor.skip(length)
        yield cursor.content[start : cursor.place]
        cursor.skip(8)  # the word's number


def _check_const_graph(cursor: _Cursor, header: _Header) -> int:
    if not 0 <= header.start < header.states:
        raise GraphDamaged("damaged (it starts nowhere)")
    for states in _rows(cursor, header, _CONST_STATE, header.states):
        if (states["first_arc"].astype(np.int64) + states["arcs"]).max() > header.arcs:
            raise GraphDamaged("damaged (a state has arcs that are not there)")
        if np.isnan(states["final"]).any():
            raise GraphDamaged("damaged (a weight is not a number)")
    highest_label = 0
    for arcs in _rows(cursor, header, _ARC, header.arcs):
        if arcs["next"].min() < 0 or arcs["next"].max() >= header.states:
            raise GraphDamaged("damaged (an arc leads nowhere)")
        if arcs["input"].min() < 0 or arcs["output"].min() < 0:
            raise GraphDamaged("damaged (a label below zero)")
        if np.isnan(arcs["weight"]).any():
            raise GraphDamaged("damaged (a weight is not a number)")
        highest_label = max(highest_label, int(arcs["input"].max()))
    return highest_label


def _rows(cursor: _Cursor, header: _Header, row: np.dtype[np.void], count: int) -> Iterator[_Rows]:
    """Yield a table in pieces, copied: a view would keep the file mapped after its check."""
    if header.flags & _FLAG_ALIGNED:
        cursor.skip(-cursor.place % _ALIGNMENT)
    start = cursor.place
    cursor.skip(count * row.itemsize)
    for first in range(0, count, _ROWS_AT_ONCE):
        piece = min(_ROWS_AT_ONCE, count - first) * row.itemsize
        place = start + first * row.itemsize
        yield np.frombuffer(cursor.content[place : place + piece], row)


def _skip_ngram_graph(cursor: _Cursor) -> None:
    states, futures, finals = (cursor.take("<Q") for _ in range(3))
    bitmaps = (states * 2 + 1, futures + states + 1, states)  # of bits, kept in words of 64
    labels = (states + 1) + futures
    weights = (states + 1) + finals + (futures + 1)
    cursor.skip(8 * sum((bits + 63) // 64 for bits in bitmaps) + 4 * labels + 4 * weights)


def _check_look_ahead_graph(cursor: _Cursor) -> int:
    if cursor.take("<I") != _ADD_ON_MAGIC:
        raise GraphDamaged("damaged (the look-ahead data has no mark)")
    inner = _header(cursor)
    if inner.kind != "const":
        raise GraphDamaged(f"a look-ahead graph over «{inner.kind}», not const")
    highest_label = _check_const_graph(cursor, inner)
    if cursor.take("<?"):
        for _side in ("input labels", "output labels"):
            if cursor.take("<?"):
                _skip_reachable_labels(cursor, inner.states)
    return highest_label


def _skip_reachable_labels(cursor: _Cursor, states: int) -> None:
    cursor.skip(1)  # which side it is for
    if cursor.take("<?"):  # the relabelling is kept
        cursor.skip(cursor.take("<q") * 8)
    cursor.skip(4)  # label of final states
    if cursor.take("<q") != states:
        raise GraphDamaged("damaged (its look-ahead data is for another graph)")
    for _ in range(states):
        cursor.skip(cursor.take("<q") * 8)  # intervals: begin, end
        cursor.skip(4)  # how many labels they hold
