"""Models to check and to fetch, all made from the bundled one."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path

from asr_models.settings import BUNDLED_MODEL_DIR

_OUTER_HEADER_BYTES = 4 + (4 + len("olabel_lookahead")) + (4 + len("standard")) + 4 + 4 + 8 + 8 + 8 + 8
_ADD_ON_MARK_BYTES = 4
_SYMBOLS_MAGIC = 0x7EB2FB74


def foreign_model(folder: Path) -> Path:
    """Copy the bundled model for phrases, without its checksums, as if somebody else had made it."""
    return Path(shutil.copytree(BUNDLED_MODEL_DIR, folder))


def static_model(folder: Path) -> Path:
    """Make a model with a static graph: the words' own graph, without grammar."""
    foreign_model(folder)
    lexicon = (folder / "graph" / "HCLr.fst").read_bytes()[_OUTER_HEADER_BYTES + _ADD_ON_MARK_BYTES :]
    (folder / "graph" / "HCLG.fst").write_bytes(lexicon[: _const_graph_bytes(lexicon)])
    for name in ("HCLr.fst", "Gr.fst", "disambig_tid.int"):
        (folder / "graph" / name).unlink()
    # Without a grammar every word follows every word: a search of the usual width would not end.
    narrow = {"--beam": "6", "--lattice-beam": "1", "--max-active": "300"}
    file = folder / "conf" / "model.conf"
    options = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
    file.write_text("".join(f"{name}={value}\n" for name, value in (options | narrow).items()), encoding="utf-8")
    return folder


def words_inside_the_graph(folder: Path) -> Path:
    """Move a model's words into its Gr.fst, where Vosk's own small models have them."""
    words_file, graph_file = folder / "graph" / "words.txt", folder / "graph" / "Gr.fst"
    entries = [line.rsplit(" ", 1) for line in words_file.read_text(encoding="utf-8").splitlines() if line]
    table = struct.pack("<Ii", _SYMBOLS_MAGIC, 5) + b"words" + struct.pack("<qq", len(entries), len(entries))
    for word, number in entries:
        encoded = word.encode()
        table += struct.pack("<i", len(encoded)) + encoded + struct.pack("<q", int(number))
    graph = graph_file.read_bytes()
    flags = 4 + (4 + len("const")) + (4 + len("standard")) + 4
    header_end = flags + 4 + 8 + 8 + 8 + 8
    graph_file.write_bytes(
        graph[:flags] + struct.pack("<i", 0b011) + graph[flags + 4 : header_end] + table * 2 + graph[header_end:]
    )
    words_file.unlink()
    return folder


def zipped(folder: Path, archive: Path, top: str = "") -> Path:
    """Pack a model as its authors would: below one top folder."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, Path(top or folder.name) / file.relative_to(folder))
    return archive


def _const_graph_bytes(graph: bytes) -> int:
    header = 4 + (4 + len("const")) + (4 + len("standard")) + 4 + 4 + 8 + 8
    states, arcs = struct.unpack_from("<qq", graph, header)
    return header + 16 + states * 20 + arcs * 16
