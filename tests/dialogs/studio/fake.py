from __future__ import annotations

from dialogs.studio.port import Pointer, PointerMoved, StudioError, Version, VersionUnknown


class FakePublishedDialogues:
    """The port of published dialogues in memory. Set `down` to make everything fail."""

    def __init__(self) -> None:
        self.stored: dict[str, Version] = {}
        self.archives: dict[str, bytes] = {}
        self.current: Pointer | None = None
        self.down = False
        self.archives_read = 0

    async def add(self, version: Version, archive: bytes) -> bool:
        self._answer()
        self.archives[version.hash] = archive
        is_new = version.hash not in self.stored
        self.stored.setdefault(version.hash, version)
        return is_new

    async def versions(self) -> tuple[Version, ...]:
        self._answer()
        return tuple(sorted(self.stored.values(), key=lambda version: version.published_at, reverse=True))

    async def archive(self, version: str) -> bytes:
        self._answer()
        self.archives_read += 1
        if version not in self.archives:
            raise VersionUnknown(version)
        return self.archives[version]

    async def pointer(self) -> Pointer | None:
        self._answer()
        return self.current

    async def move(self, pointer: Pointer) -> None:
        self._answer()
        if pointer.revision != (self.current or Pointer()).revision + 1:
            raise PointerMoved("moved")
        for version in (pointer.active, pointer.canary):
            if version is not None and version not in self.stored:
                raise VersionUnknown(version)
        self.current = pointer

    def forget(self) -> None:
        """Lose everything, as a Redis without its disk."""
        self.stored.clear()
        self.archives.clear()
        self.current = None

    def _answer(self) -> None:
        if self.down:
            raise StudioError("the fake is down")
