"""What a host's workers last took calls with, on its own disk: it serves when Redis is down."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection
from pathlib import Path

from dialogs.studio.port import Pointer, StudioGarbage
from dialogs.studio.studio_json import pointer_from_json, pointer_to_json

KEPT_ARCHIVES = 10
"""Besides those in use: the newest ones, for calls that began with them."""


class LocalCopy:
    """Pointer and archives in a folder that the workers of one host share. Blocking; every file is replaced at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pointer(self) -> Pointer | None:
        """Return the pointer that was saved last; None when there is none that can be read."""
        try:
            return pointer_from_json((self._folder / "pointer.json").read_bytes())
        except (OSError, StudioGarbage):
            return None

    def archive(self, version: str) -> bytes | None:
        """Return a version's archive; None when it is not here."""
        try:
            return self._archive(version).read_bytes()
        except OSError:
            return None

    def save_archive(self, version: str, archive: bytes) -> None:
        """Keep a version's archive.

        Raises:
            OSError
        """
        self._write(self._archive(version), archive)

    def save_pointer(self, pointer: Pointer) -> None:
        """Keep the pointer, whose archives are here already, and delete old archives.

        Raises:
            OSError
        """
        self._write(self._folder / "pointer.json", pointer_to_json(pointer))
        self._delete_old({self._archive(each) for each in (pointer.active, pointer.canary) if each is not None})

    def _archive(self, version: str) -> Path:
        return self._folder / f"{version}.zip"

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def _delete_old(self, kept: Collection[Path]) -> None:
        aged = sorted(
            (path for path in self._folder.glob("*.zip") if path not in kept),
            key=lambda path: path.stat().st_mtime,
            reverse=True,
        )
        an_hour_ago = time.time() - 3600
        half_written = [path for path in self._folder.glob(".*") if path.stat().st_mtime < an_hour_ago]
        for path in [*aged[KEPT_ARCHIVES:], *half_written]:
            with contextlib.suppress(FileNotFoundError):  # another worker was faster
                path.unlink()
