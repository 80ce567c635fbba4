"""A dialogue's files as one archive, and back."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from dialogs.reader.content import content_hash, is_dialogue_file

MAX_FILES = 2000
MAX_BYTES = 20_000_000  # of all files together
_DAY_ONE = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows: the archive tells content, not times


class ArchiveTooLarge(Exception):
    """A folder that is no dialogue any more."""


class ArchiveGarbage(Exception):
    """An archive that is damaged, or not what its name says."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """Write files as a ZIP that depends on nothing but them.

    Raises:
        ArchiveTooLarge
    """
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise ArchiveTooLarge(f"more than {MAX_FILES} files or {MAX_BYTES} bytes")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, content in sorted(files.items()):
            zipped.writestr(zipfile.ZipInfo(name, _DAY_ONE), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def unpack(archive: bytes, version: str) -> dict[str, bytes]:
    """Read an archive whose content is named `version`.

    Raises:
        ArchiveGarbage
    """
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            entries = zipped.infolist()
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise ArchiveGarbage("too large")
            for entry in entries:
                if not is_dialogue_file(entry.filename):
                    raise ArchiveGarbage(f"not a dialogue's file: {entry.filename!r}")
                with zipped.open(entry) as file:
                    files[entry.filename] = file.read(entry.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ArchiveGarbage(f"{type(error).__name__}: {error}") from None
    if content_hash(files) != version:
        raise ArchiveGarbage("the content is not what the name says")
    return files


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Lay files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
