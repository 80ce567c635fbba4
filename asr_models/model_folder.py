"""Look at a model folder before Vosk does: Vosk kills the whole process on some damaged ones.

The layout is that of current Vosk models (alphacephei.com, "Model structure"): am/final.mdl, conf/, graph/.
"""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from asr_models.acoustic_file import AcousticModelDamaged, check_acoustic_model
from asr_models.graph_file import GraphDamaged, check_graph, graph_words
from asr_models.model_files import check_kinds_of_files, contents, read_text
from asr_models.model_seal import CHECKSUMS, check_seal
from asr_models.port import ModelInvalid

__all__ = ["CHECKSUMS", "ModelFolder", "check_model_folder", "model_words"]

_HIGHEST_NUMBER = 2**31 - 1
_PATIENCE = 5  # a trial's limit is of processor time, which is scarce while calls are served


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that Vosk can load."""

    path: Path
    name: str
    takes_phrase_lists: bool  # a static graph (HCLG.fst) hears free speech only


def check_model_folder(path: Path, *, trial_limit_seconds: float, always_try: bool = False) -> ModelFolder:
    """Make sure that Vosk loads this folder without bringing the process down.

    A folder with `SHA256SUMS` in it or beside it must match them (models that share layers share the checksums too).
    Unless just these files are known to load, the form of each is looked at, for a clear reason, and then Vosk tries
    them in a child process; `always_try` does that even then.

    Raises:
        ModelInvalid: names the file and what is wrong with it.
    """
    if not path.is_dir():
        raise ModelInvalid(f"{path}: no such folder")
    if (path / "final.mdl").is_file() and not (path / "am").is_dir():
        raise ModelInvalid(f"{path}: the old Vosk layout (final.mdl at the top) is not supported")
    check_kinds_of_files(path)
    for file in _needed_files(path):
        if not file.is_file():
            raise ModelInvalid(f"{file}: missing")
    seal = check_seal(path)
    if seal is None or not seal.known or always_try:
        _check_form(path)
        _try_in_child(path, trial_limit_seconds)
    resolved = path.resolve()
    shared = seal is not None and seal.root != resolved
    return ModelFolder(
        resolved,
        f"{resolved.parent.name}/{resolved.name}" if shared else resolved.name,
        takes_phrase_lists=not _static_graph(path).is_file(),
    )


def model_words(path: Path) -> list[str]:
    """Return all words of a model, from its words.txt or from inside its graph.

    Raises:
        ModelInvalid: there are none, or they cannot be read.
    """
    file = path / "graph" / "words.txt"
    if file.is_file():
        return [line.rpartition(" ")[0] for line in _check_words(file)]
    graph = next(graph for graph in (_static_graph(path), path / "graph" / "Gr.fst") if graph.is_file())
    try:
        with contents(graph) as content:
            words = graph_words(content)
    except GraphDamaged as damage:
        raise ModelInvalid(f"{graph}: {damage}") from damage
    if not words:
        raise ModelInvalid(f"{file}: missing, and no words are in {graph.name}")
    return words


def _static_graph(path: Path) -> Path:
    return path / "graph" / "HCLG.fst"


def _graphs(path: Path) -> tuple[Path, ...]:
    static = _static_graph(path)
    return (static,) if static.is_file() else (path / "graph" / "HCLr.fst", path / "graph" / "Gr.fst")


def _needed_files(path: Path) -> tuple[Path, ...]:
    dynamic = () if _static_graph(path).is_file() else (path / "graph" / "disambig_tid.int",)
    return path / "am" / "final.mdl", path / "conf" / "model.conf", _feature_options(path), *_graphs(path), *dynamic


def _feature_options(path: Path) -> Path:
    files = [path / "conf" / name for name in ("mfcc.conf", "fbank.conf")]
    return next((file for file in files if file.is_file()), files[0])


def _check_form(path: Path) -> None:
    transitions = _check_acoustic_model(path / "am" / "final.mdl")
    for options in (path / "conf" / "model.conf", _feature_options(path)):
        _check_options(options)
    if not _static_graph(path).is_file():
        transitions = max(transitions, *_check_integers(path / "graph" / "disambig_tid.int"))
    for graph in _graphs(path):
        try:
            with contents(graph) as content:
                highest_label = check_graph(content)
        except GraphDamaged as damage:
            raise ModelInvalid(f"{graph}: {damage}") from damage
        if graph.name.startswith("HC") and highest_label > transitions:
            raise ModelInvalid(f"{graph}: damaged, or of another acoustic model (a label that am/final.mdl lacks)")
    model_words(path)
    boundaries = path / "graph" / "phones" / "word_boundary.int"
    if boundaries.is_file():
        _lines(boundaries)


def _check_acoustic_model(file: Path) -> int:
    try:
        with contents(file) as content:
            return check_acoustic_model(content)
    except AcousticModelDamaged as damage:
        raise ModelInvalid(f"{file}: {damage}") from damage


def _lines(file: Path) -> list[str]:
    lines = [line.strip() for line in read_text(file).split("\n")]
    if not any(lines):
        raise ModelInvalid(f"{file}: empty")
    return [line for line in lines if line]


def _check_options(file: Path) -> None:
    for line in _lines(file):
        if not line.startswith(("--", "#")):
            raise ModelInvalid(f"{file}: «{line[:40]}» is not a Kaldi option")


def _check_integers(file: Path) -> list[int]:
    numbers = []
    for line in _lines(file):
        if not _is_number(line):
            raise ModelInvalid(f"{file}: «{line[:40]}» is not a number")
        numbers.append(int(line))
    return numbers


def _check_words(file: Path) -> list[str]:
    lines = _lines(file)
    for line in lines:
        word, _, number = line.rpartition(" ")
        if not word.strip() or not _is_number(number):
            raise ModelInvalid(f"{file}: «{line[:40]}» is not a word and its number")
    return lines


def _is_number(text: str) -> bool:
    return len(text) <= len(str(_HIGHEST_NUMBER)) and text.isascii() and text.isdigit() and int(text) <= _HIGHEST_NUMBER


def _try_in_child(path: Path, limit_seconds: float) -> None:
    overdue = f"{path}: Vosk did not load and try it within {limit_seconds:g} s"
    try:
        trial = subprocess.run(
            [sys.executable, "-m", "asr_models.model_trial", str(path.resolve()), str(math.ceil(limit_seconds))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limit_seconds * _PATIENCE,
            cwd=Path(__file__).parent.parent,
        )
    except subprocess.TimeoutExpired:
        raise ModelInvalid(overdue) from None
    if trial.returncode == 0:
        return
    if trial.returncode == -signal.SIGXCPU:
        raise ModelInvalid(overdue)
    told = [line for line in trial.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    reason = next((line for line in told if line.startswith(("ERROR", "ASSERTION_FAILED"))), told[-1] if told else "")
    how = f"signal {-trial.returncode}" if trial.returncode < 0 else f"exit {trial.returncode}"
    raise ModelInvalid(f"{path}: Vosk fails on it ({how}): {reason[:200]}")
