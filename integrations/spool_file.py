"""A local append-only file of lines that outlives a crash of the program and of the machine."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path


class SpoolFull(OSError):
    """The file has reached its largest size."""


class SpoolFile:
    """Lines on disk, of one process at a time. All methods block; threads may share it.

    A line counts as written only when `append` has returned. What a crash left of a line that was not finished
    becomes a line of its own, which its reader will find to be garbage.
    """

    def __init__(self, path: Path, limit_bytes: int) -> None:
        """Claim the file; it is created by the first line.

        Raises:
            OSError: the folder cannot be written, or another process has claimed the file.
        """
        self.path = path
        self._limit_bytes = limit_bytes
        self._mutex = threading.Lock()
        self._claim = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._claim)
            raise OSError(error.errno, "another worker uses this spool", str(path)) from error

    def append(self, line: bytes) -> None:
        """Write one line, without its line break, down to the disk.

        Raises:
            SpoolFull, OSError
        """
        with self._mutex:
            created = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                data = (b"\n" if torn else b"") + line + b"\n"
                if size + len(data) > self._limit_bytes:
                    raise SpoolFull(f"{self.path.name} would grow beyond {self._limit_bytes} bytes")
                if os.write(file, data) != len(data):  # the disk is full: what was written is a torn line now
                    raise OSError(f"{self.path.name} took only a part of a line")
                os.fsync(file)
            finally:
                os.close(file)
            if created:
                self._sync_folder()

    def read(self) -> bytes:
        """Read everything, the torn end included.

        Raises:
            OSError
        """
        with self._mutex:
            return self._read()

    def replace_head(self, head_bytes: int, kept_lines: Sequence[bytes]) -> None:
        """Put `kept_lines` in place of the first `head_bytes` bytes; either all of it happens or nothing.

        Raises:
            OSError
        """
        with self._mutex:
            rest = self._read()[head_bytes:]
            new_path = self.path.with_name(self.path.name + ".new")
            with new_path.open("wb") as new:
                os.fchmod(new.fileno(), 0o600)
                new.write(b"".join(line + b"\n" for line in kept_lines) + rest)
                new.flush()
                os.fsync(new.fileno())
            new_path.replace(self.path)
            self._sync_folder()

    def delete_if_older(self, before: datetime) -> None:
        """Delete the file if nothing was written to it since then.

        Raises:
            OSError
        """
        with self._mutex:
            if self.path.exists() and self.path.stat().st_mtime < before.timestamp():
                self.path.unlink()

    def close(self) -> None:
        """Let another process claim the file."""
        os.close(self._claim)

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
