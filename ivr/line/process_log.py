"""The file that a process writes its output to."""

from __future__ import annotations

import os
from pathlib import Path

_LIMIT_BYTES = 10_000_000
_TAIL_BYTES = 20_000
_TAIL_LINES = 12


class ProcessLog:
    """Appended to across restarts; the one before it is kept when it has grown too long."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start_bytes = 0

    def open(self) -> int:
        """Open it for a new process; the answer is a descriptor for the caller to close."""
        if self.path.exists() and self.path.stat().st_size > _LIMIT_BYTES:
            self.path.replace(self.path.with_suffix(self.path.suffix + ".1"))
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._start_bytes = os.fstat(descriptor).st_size
        return descriptor

    def last_words(self) -> str:
        """Give the last lines written since it was last opened."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._start_bytes, size - _TAIL_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_TAIL_LINES:])
