"""Look at a model folder before Vosk does: Vosk kills the whole process on some damaged ones.

The layout is that of current Vosk models (alphacephei.com, "Model structure"): am/final.mdl, conf/, graph/.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from asr_models.graph_file import GraphDamaged, check_graph
from asr_models.port import ModelInvalid

CHECKSUMS = "SHA256SUMS"
_MODEL_START = b"\0B<TransitionModel> "  # Kaldi, binary mode
_PRIORS = b"<Priors> FV \x04"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that Vosk can load."""

    path: Path
    name: str
    takes_phrase_lists: bool  # a static graph (HCLG.fst) hears free speech only


def check_model_folder(path: Path, *, trial_limit_seconds: float) -> ModelFolder:
    """Make sure that Vosk loads this folder without bringing the process down.

    The form of every file is looked at first, for a clear reason. A folder with `SHA256SUMS` in it or beside it must
    match them (models that share layers share the checksums too); any other is tried in a child process.

    Raises:
        ModelInvalid: names the file and what is wrong with it.
    """
    if not path.is_dir():
        raise ModelInvalid(f"{path}: no such folder")
    if (path / "final.mdl").is_file() and not (path / "am").is_dir():
        raise ModelInvalid(f"{path}: the old Vosk layout (final.mdl at the top) is not supported")
    _check_acoustic_model(path / "am" / "final.mdl")
    _check_text(path / "conf" / "model.conf", options=True)
    features = [path / "conf" / name for name in ("mfcc.conf", "fbank.conf")]
    _check_text(next((file for file in features if file.is_file()), features[0]), options=True)
    static = path / "graph" / "HCLG.fst"
    for graph in (static,) if static.is_file() else (path / "graph" / "HCLr.fst", path / "graph" / "Gr.fst"):
        _check_graph(graph)
    if not static.is_file():
        _check_integers(path / "graph" / "disambig_tid.int")
    _check_words(path / "graph" / "words.txt")
    boundaries = path / "graph" / "phones" / "word_boundary.int"
    if boundaries.is_file():
        _check_text(boundaries)
    path = path.resolve()
    root = next((folder for folder in (path, path.parent) if _names_files_of(path, folder / CHECKSUMS)), None)
    if root is not None:
        _check_checksums(path, root)
    else:
        _try_in_child(path, trial_limit_seconds)
    name = path.name if root in (None, path) else f"{path.parent.name}/{path.name}"
    return ModelFolder(path, name, takes_phrase_lists=not static.is_file())


def _read(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise ModelInvalid(f"{file}: missing") from None
    except OSError as error:
        raise ModelInvalid(f"{file}: cannot be read: {error.strerror}") from error
    if not content:
        raise ModelInvalid(f"{file}: empty")
    return content


def _check_acoustic_model(file: Path) -> None:
    content = _read(file)
    if not content.startswith(_MODEL_START):
        raise ModelInvalid(f"{file}: not a Kaldi acoustic model")
    if b"<Nnet3> " not in content:
        raise ModelInvalid(f"{file}: not an nnet3 acoustic model, or truncated")
    # The file ends with the vector of priors: a length of four bytes, then that many floats.
    start = content.rfind(_PRIORS)
    if start < 0 or len(content) < start + len(_PRIORS) + 4:
        raise ModelInvalid(f"{file}: truncated (its last section is missing)")
    values = start + len(_PRIORS) + 4
    (count,) = struct.unpack_from("<i", content, values - 4)
    if count < 0 or not values + 4 * count <= len(content) <= values + 4 * count + 1:
        raise ModelInvalid(f"{file}: truncated or damaged at its end")


def _check_graph(file: Path) -> None:
    try:
        check_graph(_read(file))
    except GraphDamaged as damage:
        raise ModelInvalid(f"{file}: {damage}") from damage


def _check_text(file: Path, *, options: bool = False) -> list[str]:
    try:
        lines = _read(file).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise ModelInvalid(f"{file}: not a text file") from None
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        raise ModelInvalid(f"{file}: empty")
    if options:
        for line in lines:
            if not line.startswith(("--", "#")):
                raise ModelInvalid(f"{file}: «{line[:40]}» is not a Kaldi option")
    return lines


def _check_integers(file: Path) -> None:
    for line in _check_text(file):
        if not line.isdigit():
            raise ModelInvalid(f"{file}: «{line[:40]}» is not a number")


def _check_words(file: Path) -> None:
    for line in _check_text(file):
        word, _, number = line.rpartition(" ")
        if not word.strip() or not number.isdigit():
            raise ModelInvalid(f"{file}: «{line[:40]}» is not a word and its number")


def _names_files_of(path: Path, checksums: Path) -> bool:
    if not checksums.is_file():
        return False
    inside = path == checksums.parent
    return inside or any(line.partition("  ")[2].startswith(f"{path.name}/") for line in _check_text(checksums))


def _check_checksums(path: Path, root: Path) -> None:
    """Check the model's files; those of another model under the same root are not its concern."""
    named = set()
    for line in _check_text(root / CHECKSUMS):
        expected, _, name = line.partition("  ")
        file = (root / name).resolve()
        if not name or not file.is_relative_to(root):
            raise ModelInvalid(f"{root / CHECKSUMS}: «{line[:40]}» is not a checksum and a file of this folder")
        named.add(file)
        if (root / name).is_relative_to(path) and hashlib.sha256(_read(root / name)).hexdigest() != expected:
            raise ModelInvalid(f"{root / name}: its checksum is not the one in {CHECKSUMS}: damaged or changed")
    for folder in (path, path / "am", path / "conf", path / "graph"):
        for file in folder.resolve().rglob("*"):  # rglob does not follow the links that models share layers by
            if file.is_file() and file.suffix not in (".md", "") and file.resolve() not in named:
                raise ModelInvalid(f"{file}: not in {CHECKSUMS}")


def _try_in_child(path: Path, limit_seconds: float) -> None:
    try:
        trial = subprocess.run(
            [sys.executable, "-m", "asr_models.model_trial", str(path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limit_seconds,
            cwd=Path(__file__).parent.parent,
        )
    except subprocess.TimeoutExpired:
        raise ModelInvalid(f"{path}: Vosk did not load it within {limit_seconds:g} s") from None
    if trial.returncode == 0:
        return
    told = [line for line in trial.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    reason = next((line for line in told if line.startswith(("ERROR", "ASSERTION_FAILED"))), told[-1] if told else "")
    how = f"signal {-trial.returncode}" if trial.returncode < 0 else f"exit {trial.returncode}"
    raise ModelInvalid(f"{path}: Vosk fails on it ({how}): {reason[:200]}")
