"""Which dialogues passed all their conversations: publishing does not play again what has just been played."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

MOST_KEPT = 100
_PACKAGES = Path(__file__).parents[2]
_PLAYING = ("dialogs", "integrations")
"""Whose code conversations are played by."""


class PassedDialogues:
    """A file of names, each of a dialogue's content and the program that played it; without a file nothing is known.

    A file that cannot be read or written costs time, nothing else.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def __contains__(self, bundle_hash: str) -> bool:
        return _name(bundle_hash) in self._names()

    def note(self, bundle_hash: str) -> None:
        """Note that all conversations of a dialogue passed and that its phrases can be learnt from."""
        if self._file is None or bundle_hash in self:
            return
        names = [*self._names(), _name(bundle_hash)][-MOST_KEPT:]
        partial = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            partial.write_text("".join(f"{name}\n" for name in names), encoding="ascii")
            partial.replace(self._file)
        except OSError:
            partial.unlink(missing_ok=True)

    def _names(self) -> list[str]:
        if self._file is None:
            return []
        try:
            return self._file.read_text(encoding="ascii").split()
        except (OSError, UnicodeDecodeError):
            return []


NOTHING_PASSED = PassedDialogues(None)


def _name(bundle_hash: str) -> str:
    return hashlib.sha256(f"{bundle_hash} {_program()}".encode()).hexdigest()


@cache
def _program() -> str:
    """Name the code that plays: with another one everything is played again."""
    content = hashlib.sha256(f"{sys.version} {version('scikit-learn')}".encode())
    for package in _PLAYING:
        for file in sorted((_PACKAGES / package).rglob("*.py")):
            content.update(file.relative_to(_PACKAGES).as_posix().encode() + file.read_bytes())
    return content.hexdigest()
