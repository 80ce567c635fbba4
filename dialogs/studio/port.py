"""The port of published dialogues: immutable versions, and which of them takes calls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

MAX_PREVIOUS = 50
"""How far one can roll back step by step."""


class StudioError(Exception):
    """Versions cannot be read or written right now."""

    retryable = True


class StudioGarbage(StudioError):
    """What is stored cannot be read; asking again will not help."""

    retryable = False


class VersionUnknown(StudioError):
    """There is no such version."""

    retryable = False


class PointerMoved(StudioError):
    """Somebody else moved the pointer in the meantime: look again and decide anew."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published dialogue; its archive is kept beside it."""

    hash: str  # hex, of its content: Bundle.hash
    published_at: datetime  # UTC
    author: str
    message: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which versions take calls."""

    active: str | None = None  # None: the folder of the settings
    canary: str | None = None  # takes `canary_share` of the calls
    canary_share: int = 0  # percent of calls, 0..100
    previous: tuple[str, ...] = ()  # what was active before, the last one last
    revision: int = 0  # grows by one with each move
    moved_at: datetime | None = None  # UTC
    moved_by: str = ""

    def chosen(self, call_id: str) -> str | None:
        """Return the version for a call: always the same one for the same call."""
        if self.canary is None:
            return self.active
        drawn = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:8]) % 100
        return self.canary if drawn < self.canary_share else self.active

    def activate(self, version: str) -> Pointer:
        """Give all calls to a version; a trial ends with it."""
        before = (*self.previous, self.active) if self.active not in (None, version) else self.previous
        kept = tuple(each for each in before if each is not None)[-MAX_PREVIOUS:]
        return self._next(active=version, canary=None, canary_share=0, previous=kept)

    def try_out(self, version: str, share: int) -> Pointer:
        """Give a share of the calls, in percent, to a version."""
        return self._next(canary=version, canary_share=share)

    def end_trial(self) -> Pointer:
        """Give all calls to the active version."""
        return self._next(canary=None, canary_share=0)

    def roll_back(self) -> Pointer:
        """Give all calls to what was active before: the folder of the settings when no version was."""
        active = self.previous[-1] if self.previous else None
        return self._next(active=active, canary=None, canary_share=0, previous=self.previous[:-1])

    def _next(self, **changes: object) -> Pointer:
        changed: Pointer = replace(self, revision=self.revision + 1, **changes)  # type: ignore[arg-type]
        return changed


class PublishedDialogues(Protocol):
    """Versions and the pointer, shared by all hosts of a line."""

    async def add(self, version: Version, archive: bytes) -> bool:
        """Store a version; False when it is there already (its author and message stay as they were).

        Raises:
            StudioError
        """

    async def versions(self) -> tuple[Version, ...]:
        """Return the versions, the newest first; what cannot be read is left out.

        Raises:
            StudioError
        """

    async def archive(self, version: str) -> bytes:
        """Return a version's archive.

        Raises:
            StudioError, VersionUnknown
        """

    async def pointer(self) -> Pointer | None:
        """Return the pointer; None when nothing was ever published.

        Raises:
            StudioError, StudioGarbage
        """

    async def move(self, pointer: Pointer) -> None:
        """Put the pointer, whose revision follows that of the one in force.

        Raises:
            StudioError, StudioGarbage, PointerMoved
            VersionUnknown: it points to a version that is not stored.
        """
