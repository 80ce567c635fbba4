"""Unpack a model's ZIP archive that may have been made by anybody."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from asr_models.port import ModelInvalid

_MOST_ENTRIES = 1000
_MOST_TIMES = 10  # unpacked to packed; Vosk's models have 1 to 3
_SPARE_BYTES = 2**26
_MOST_BYTES = 16 * 2**30
_PIECE_BYTES = 2**20


def unpack_model(archive: Path, into: Path, on_progress: Callable[[int, int], None] = lambda _done, _all: None) -> Path:
    """Unpack into a new folder and return the model's folder in it: the archive's only top folder, or all of it.

    Raises:
        ModelInvalid: the archive is damaged, or holds what no model holds.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            size = _check_entries(archive, entries)
            _check_space(into, size)
            into.mkdir(parents=True)
            done = 0
            for entry in entries:
                done += _unpack_entry(packed, entry, into)
                on_progress(done, size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise ModelInvalid(f"{archive}: not a whole ZIP archive: {error}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ModelInvalid(f"{archive}: no space to unpack it in {into.parent}") from error
        raise ModelInvalid(f"{archive}: cannot be unpacked: {error.strerror or error}") from error
    tops = list(into.iterdir())
    return tops[0] if len(tops) == 1 and tops[0].is_dir() and tops[0].name != "am" else into


def _check_entries(archive: Path, entries: list[zipfile.ZipInfo]) -> int:
    if not 0 < len(entries) <= _MOST_ENTRIES:
        raise ModelInvalid(f"{archive}: {len(entries)} files: not a model")
    names = set()
    for entry in entries:
        name = entry.filename
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
            raise ModelInvalid(f"{archive}: «{name[:80]}» would be written outside of the model's folder")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ModelInvalid(f"{archive}: «{name[:80]}» is a link or a device, not a file")
        if entry.flag_bits & 1:
            raise ModelInvalid(f"{archive}: «{name[:80]}» is encrypted")
        path = PurePosixPath(name)
        if path in names or not path.parts:
            raise ModelInvalid(f"{archive}: «{name[:80]}» is there twice, or has no name")
        names.add(path)
    size = sum(entry.file_size for entry in entries)
    if size > min(_MOST_BYTES, _MOST_TIMES * archive.stat().st_size + _SPARE_BYTES):
        raise ModelInvalid(f"{archive}: {size // 2**20} MiB unpacked: not a model")
    return size


def _check_space(into: Path, size: int) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(into.parent).free
    if free < size + _SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _unpack_entry(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path) -> int:
    """Write one file; zipfile itself never gives more than the size that was checked, and checks the CRC at the end."""
    target = into / PurePosixPath(entry.filename)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(entry) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, _PIECE_BYTES)
        return file.tell()
