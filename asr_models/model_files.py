"""Reading the files of a model folder that may hold anything: pipes, loops of links, files without end."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asr_models.port import ModelInvalid

_LONGEST_TEXT_BYTES = 256 * 2**20  # a million words are 30 MB
_MOST_FILES = 1000
_DEEPEST = 8


def check_kinds_of_files(path: Path) -> None:
    """Make sure that a model folder holds nothing but files and folders, linked ones not outside its parent folder.

    Raises:
        ModelInvalid: a pipe, a device, a link to elsewhere or in a loop, or far too many files.
    """
    bounds = path.resolve().parent
    files = 0
    waiting = [(path, 0)]
    while waiting:
        folder, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ModelInvalid(f"{folder}: folders nested too deep for a model, or linked in a loop")
        for entry in _entries(folder):
            files += 1
            if files > _MOST_FILES:
                raise ModelInvalid(f"{path}: more than {_MOST_FILES} files: not a model folder")
            try:
                if entry.is_symlink() and not entry.resolve(strict=True).is_relative_to(bounds):
                    raise ModelInvalid(f"{entry}: a link to outside of the models")
                mode = entry.stat().st_mode
            except (OSError, RuntimeError) as error:  # resolve() raises RuntimeError on a loop of links
                raise ModelInvalid(f"{entry}: a link that leads nowhere, or cannot be looked at") from error
            if stat.S_ISDIR(mode):
                waiting.append((entry, depth + 1))
            elif not stat.S_ISREG(mode):
                raise ModelInvalid(f"{entry}: neither a file nor a folder")


def read_text(file: Path) -> str:
    """Read a small file whole.

    Raises:
        ModelInvalid: it is missing, empty, no file, too long or not text.
    """
    with contents(file) as content:
        if len(content) > _LONGEST_TEXT_BYTES:
            raise ModelInvalid(f"{file}: too long ({len(content) // 2**20} MiB)")
        try:
            return content[:].decode("utf-8")
        except UnicodeDecodeError:
            raise ModelInvalid(f"{file}: not a text file") from None


@contextmanager
def contents(file: Path) -> Iterator[mmap.mmap]:
    """Map a file's bytes, so that a model of gigabytes takes no memory to be looked at.

    Raises:
        ModelInvalid: it is missing, empty, or no file.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its other end for ever.
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ModelInvalid(f"{file}: missing") from None
    except OSError as error:
        raise ModelInvalid(f"{file}: cannot be read: {error.strerror}") from error
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise ModelInvalid(f"{file}: not a file")
        if not state.st_size:
            raise ModelInvalid(f"{file}: empty")
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
            yield content
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise ModelInvalid(f"{folder}: cannot be read: {error.strerror}") from error
