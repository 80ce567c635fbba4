"""Lines that wait in a local file until they can be carried out, and those that never can, in a file beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum, auto
from pathlib import Path

from integrations.spool_file import SpoolFile

_BYTES_PER_MEGABYTE = 1_000_000


class Verdict(Enum):
    """What became of a line that was to be carried out."""

    GONE = auto()  # carried out, or set aside for good
    HELD = auto()  # not yet; the lines after it may be tried
    STOPPED = auto()  # nothing can be carried out now


class Spool:
    """The two files, of one process at a time. Lines that can never be carried out go to `*.rejected`."""

    def __init__(self, path: Path, limit_megabytes: float) -> None:
        """Claim the files, in a folder that exists.

        Raises:
            OSError: the folder cannot be written, or another worker uses these files.
        """
        limit_bytes = round(limit_megabytes * _BYTES_PER_MEGABYTE)
        self._waiting = SpoolFile(path, limit_bytes)
        self._rejects = SpoolFile(path.with_name(path.name + ".rejected"), limit_bytes)
        self._turn = asyncio.Lock()

    @property
    def rejects_name(self) -> str:
        """Name of the file of what can never be carried out."""
        return self._rejects.path.name

    def lines(self) -> list[bytes]:
        """Read what waits; blocks.

        Raises:
            OSError
        """
        return _lines(self._waiting.read())

    async def keep(self, line: bytes) -> None:
        """Write a line down to the disk.

        Raises:
            SpoolFull, OSError
        """
        await asyncio.to_thread(self._waiting.append, line)

    async def set_aside(self, line: bytes) -> None:
        """Write down a line that can never be carried out.

        Raises:
            SpoolFull, OSError
        """
        await asyncio.to_thread(self._rejects.append, line)

    async def empty(self, carry_out: Callable[[bytes], Awaitable[Verdict]]) -> int:
        """Carry out what waits, in order; return how many lines left the file.

        May be called at any time, also again after a crash in the middle of it: then lines come twice.

        Raises:
            OSError
        """
        if self._turn.locked():
            return 0
        async with self._turn:
            data = await asyncio.to_thread(self._waiting.read)
            lines = _lines(data)
            kept: list[bytes] = []
            for number, line in enumerate(lines):
                verdict = await carry_out(line)
                if verdict is Verdict.STOPPED:
                    kept.extend(lines[number:])
                    break
                if verdict is Verdict.HELD:
                    kept.append(line)
            if len(kept) < len(lines):
                await asyncio.to_thread(self._waiting.replace_head, len(data), kept)
            return len(lines) - len(kept)

    async def delete_rejects_older(self, before: datetime) -> None:
        """Delete the file of rejected lines when its newest one is older.

        Raises:
            OSError
        """
        await asyncio.to_thread(self._rejects.delete_if_older, before)

    def close(self) -> None:
        """Let another process claim the files."""
        self._waiting.close()
        self._rejects.close()


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if line]
