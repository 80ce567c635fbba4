"""The OpenFst programs (Debian: libfst-tools) that compile graphs to the forms Vosk reads."""

from __future__ import annotations

import ctypes.util
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from asr_models.graphs.errors import GraphError, ToolsMissing

_PROGRAMS = ("fstcompile", "fstarcsort", "fstconvert")
_LIMIT_SECONDS = 300.0


def check_tools() -> None:
    """Make sure that graphs can be built on this machine.

    Raises:
        ToolsMissing: says how to install what is missing.
    """
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing or ctypes.util.find_library("fstlookahead") is None:
        what = ", ".join(missing) or "libfstlookahead"
        raise ToolsMissing(f"нет {what}: графы строят программы OpenFst, поставьте их: apt-get install libfst-tools")


def compile_look_ahead(text: str) -> tuple[bytes, dict[int, int]]:
    """Compile a graph that looks ahead at its output labels; return it and how it renumbered these labels.

    Raises:
        ToolsMissing: OpenFst's programs are not installed.
        GraphError: they refuse the graph.
    """
    check_tools()
    # Debian has no plug-in under the name fstconvert looks for; the library, loaded beforehand, registers the type.
    library = ctypes.util.find_library("fstlookahead")
    with TemporaryDirectory() as folder:
        pairs = Path(folder) / "relabelled"
        converting = ["env", f"LD_PRELOAD={library}", "fstconvert", "--fst_type=olabel_lookahead"]
        graph = _run([*converting, f"--save_relabel_opairs={pairs}"], _sorted_graph(text, "olabel"))
        lines = [line.split() for line in pairs.read_text(encoding="ascii").splitlines()]
    return graph, {int(before): int(after) for before, after in lines}


def compile_const(text: str) -> bytes:
    """Compile a graph to the plain read-only form, sorted by its input labels.

    Raises:
        ToolsMissing: OpenFst's programs are not installed.
        GraphError: they refuse the graph.
    """
    check_tools()
    return _run(["fstconvert", "--fst_type=const"], _sorted_graph(text, "ilabel"))


def _sorted_graph(text: str, by: str) -> bytes:
    return _run(["fstarcsort", f"--sort_type={by}"], _run(["fstcompile"], text.encode("ascii")))


def _run(command: Sequence[str], given: bytes) -> bytes:
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=_LIMIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GraphError(f"{command[0]}: {error}") from error
    if done.returncode or not done.stdout:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraphError(f"{' '.join(command)}: exit {done.returncode}: {told[-1] if told else 'no output'}")
    return done.stdout
