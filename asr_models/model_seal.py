"""What makes a model folder known: checksums of its files, and a note that Vosk loaded just these.

Bundled models are known by their checksums alone. A fetched one gets both after its trial, so that a worker need not
try it at every start; change a byte and it is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from asr_models.model_files import contents, read_text
from asr_models.port import ModelInvalid

CHECKSUMS = "SHA256SUMS"
TRIED = "TRIED"
_OUR_OWN = Path(__file__).parent
_NOT_OF_THE_MODEL = (".md", "")  # READMEs, licences, the seal itself


@dataclass(frozen=True, slots=True)
class Seal:
    """The checksums that a model's files matched."""

    root: Path  # the folder with the checksums: the model's own, or the one it shares with its sisters
    known: bool  # loaded by this Vosk before, or part of this package


def check_seal(path: Path) -> Seal | None:
    """Hold a model's files to the checksums in its folder or beside it; None where there are none.

    Raises:
        ModelInvalid: names the file that does not match, or that is not listed.
    """
    path = path.resolve()
    root = next((folder for folder in (path, path.parent) if _names_files_of(path, folder / CHECKSUMS)), None)
    if root is None:
        return None
    _check_checksums(path, root)
    return Seal(root, known=path.is_relative_to(_OUR_OWN) or path.relative_to(root).as_posix() in _tried(root))


def seal(path: Path) -> None:
    """Write down that Vosk loaded the files that are in this folder now."""
    path = path.resolve()
    lines = [
        f"{_digest(file)}  {file.relative_to(path).as_posix()}\n"
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.suffix not in _NOT_OF_THE_MODEL
    ]
    (path / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    note_trial(path, path)


def note_trial(path: Path, root: Path) -> None:
    """Write down that Vosk loaded a model whose files match the checksums in its root."""
    name = path.resolve().relative_to(root.resolve()).as_posix()
    note = _circumstances(root) | {"models": sorted({*_tried(root), name})}
    (root / TRIED).write_text(json.dumps(note) + "\n", encoding="utf-8")


def break_seal(path: Path) -> None:
    """Remove checksums and notes that came from elsewhere."""
    for name in (CHECKSUMS, TRIED):
        (path / name).unlink(missing_ok=True)


def _circumstances(root: Path) -> dict[str, object]:
    return {"checksums": _digest(root / CHECKSUMS), "vosk": version("vosk")}


def _tried(root: Path) -> tuple[str, ...]:
    """Return the models under this root that these very files passed their trial as."""
    try:
        note = json.loads(read_text(root / TRIED))
        return tuple(note["models"]) if {**note, **_circumstances(root)} == note else ()
    except (ModelInvalid, ValueError, KeyError, TypeError):
        return ()


def _names_files_of(path: Path, checksums: Path) -> bool:
    if not checksums.is_file():
        return False
    inside = path == checksums.parent
    return inside or any(line.partition("  ")[2].startswith(f"{path.name}/") for line in _lines(checksums))


def _lines(file: Path) -> list[str]:
    return [line for line in read_text(file).splitlines() if line.strip()]


def _check_checksums(path: Path, root: Path) -> None:
    """Check the model's files; those of another model under the same root are not its concern."""
    named = set()
    for line in _lines(root / CHECKSUMS):
        expected, _, name = line.partition("  ")
        file = (root / name).resolve()
        if not name or not file.is_relative_to(root):
            raise ModelInvalid(f"{root / CHECKSUMS}: «{line[:40]}» is not a checksum and a file of this folder")
        named.add(file)
        if (root / name).is_relative_to(path) and _digest(root / name) != expected:
            raise ModelInvalid(f"{root / name}: its checksum is not the one in {CHECKSUMS}: damaged or changed")
    for folder in (path, path / "am", path / "conf", path / "graph"):
        for file in folder.resolve().rglob("*"):  # rglob does not follow the links that models share layers by
            if file.is_file() and file.suffix not in _NOT_OF_THE_MODEL and file.resolve() not in named:
                raise ModelInvalid(f"{file}: not in {CHECKSUMS}")


def _digest(file: Path) -> str:
    with contents(file) as content:
        return hashlib.sha256(content).hexdigest()
