"""The files that make up a dialogue, and the name that their content gives it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from dialogs.reader.problems import Place, Problems

FOLDERS = ("flows", "domain", "data", "tests")
SINGLE_FILES = ("config.yml", "domain.yml")
SUFFIX = ".yml"


def is_dialogue_file(name: str) -> bool:
    """Say whether a path relative to a dialogue's folder belongs to the dialogue (and stays inside the folder)."""
    if name in SINGLE_FILES:
        return True
    path = PurePosixPath(name)
    return (
        path.as_posix() == name
        and len(path.parts) > 1
        and path.parts[0] in FOLDERS
        and path.suffix == SUFFIX
        and ".." not in path.parts
        and "\\" not in name
        and name.isprintable()
    )


def dialogue_files(folder: Path, problems: Problems) -> dict[str, bytes]:
    """Read all files of a dialogue by their names relative to its folder, in order; what cannot be read is told."""
    found = [path for name in FOLDERS for path in (folder / name).rglob(f"*{SUFFIX}")]
    found += [folder / name for name in SINGLE_FILES]
    files: dict[str, bytes] = {}
    for path in sorted(path for path in found if path.is_file()):
        file = path.relative_to(folder).as_posix()
        try:
            files[file] = path.read_bytes()
        except OSError:
            problems.add(Place(file, 1), "файл не читается", "Проверьте, что он есть и доступен для чтения")
    return files


def content_hash(files: Mapping[str, bytes]) -> str:
    """Return the hex SHA-256 of names and bytes: the name of this content on every host, whatever its settings."""
    content = hashlib.sha256()
    for file, data in sorted(files.items()):
        content.update(f"\0{file}\0{len(data)}\0".encode() + data)
    return content.hexdigest()
