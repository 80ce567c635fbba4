"""Published dialogues in Redis: a hash of versions, an archive each, one pointer."""

from __future__ import annotations

from typing import Any

import structlog
from redis.exceptions import WatchError

from dialogs.studio.port import Pointer, PointerMoved, StudioError, StudioGarbage, Version, VersionUnknown
from dialogs.studio.studio_json import pointer_from_json, pointer_to_json, version_from_json, version_to_json
from integrations.redis_link import RedisLink

_log = structlog.get_logger()

KEPT_VERSIONS = 200
"""Older ones are deleted when one is added, unless the pointer names them."""
_ARCHIVE_LIMIT_SECONDS = 5.0


class RedisPublishedDialogues:
    """The port of published dialogues over Redis."""

    def __init__(self, link: RedisLink, kept_versions: int = KEPT_VERSIONS) -> None:
        self._link = link
        self._kept_versions = kept_versions
        self._versions = link.key("studio", "versions")
        self._pointer = link.key("studio", "pointer")

    async def add(self, version: Version, archive: bytes) -> bool:
        """Store a version; a damaged archive of the same name is replaced."""
        async with (
            self._link.limited(StudioError, "add a version", limit_seconds=_ARCHIVE_LIMIT_SECONDS),
            self._link.client.pipeline() as pipe,
        ):
            pipe.set(self._archive(version.hash), archive)
            pipe.hsetnx(self._versions, version.hash, version_to_json(version))
            _, is_new = await pipe.execute()
        if is_new:
            try:
                await self._delete_old()
            except StudioError as error:  # the new one is stored all the same
                _log.warning("old versions are deleted another time", reason=str(error))
        return bool(is_new)

    async def versions(self) -> tuple[Version, ...]:
        """Return the versions, the newest first; what cannot be read is logged and left out."""
        async with self._link.limited(StudioError, "list versions"):
            stored: Any = await self._link.client.hgetall(self._versions)
        return tuple(sorted(_readable(stored), key=lambda version: version.published_at, reverse=True))

    async def archive(self, version: str) -> bytes:
        """Return a version's archive."""
        async with self._link.limited(StudioError, "read a version", limit_seconds=_ARCHIVE_LIMIT_SECONDS):
            found: Any = await self._link.client.get(self._archive(version))
        if found is None:
            raise VersionUnknown(f"no version {version}")
        return bytes(found)

    async def pointer(self) -> Pointer | None:
        """Return the pointer; None when nothing was ever published."""
        async with self._link.limited(StudioError, "read the pointer"):
            found: Any = await self._link.client.get(self._pointer)
        return None if found is None else pointer_from_json(bytes(found))

    async def move(self, pointer: Pointer) -> None:
        """Put the pointer, whose revision follows that of the one in force."""
        named = [each for each in (pointer.active, pointer.canary) if each is not None]
        moved = PointerMoved("the pointer was moved by somebody else")
        async with (
            self._link.limited(StudioError, "move the pointer"),
            self._link.client.pipeline() as pipe,
        ):
            await pipe.watch(self._pointer, self._versions)
            found: Any = await pipe.get(self._pointer)
            revision = 0 if found is None else pointer_from_json(bytes(found)).revision
            if pointer.revision != revision + 1:
                raise moved
            for version in named:
                if not await pipe.hexists(self._versions, version):
                    raise VersionUnknown(f"no version {version}")
            pipe.multi()  # type: ignore[no-untyped-call]
            pipe.set(self._pointer, pointer_to_json(pointer))
            try:
                await pipe.execute()
            except WatchError:
                raise moved from None

    def _archive(self, version: str) -> str:
        return self._link.key("studio", "archive", version)

    async def _delete_old(self) -> None:
        async with self._link.limited(StudioError, "delete old versions"), self._link.client.pipeline() as pipe:
            await pipe.watch(self._pointer, self._versions)
            stored: Any = await pipe.hgetall(self._versions)
            found: Any = await pipe.get(self._pointer)
            pointer = Pointer() if found is None else pointer_from_json(bytes(found))
            in_use = {pointer.active, pointer.canary, *pointer.previous}
            by_age = sorted(_readable(stored), key=lambda version: version.published_at, reverse=True)
            old = [version.hash for version in by_age[self._kept_versions :] if version.hash not in in_use]
            if not old:
                return
            pipe.multi()  # type: ignore[no-untyped-call]
            pipe.hdel(self._versions, *old)
            pipe.delete(*map(self._archive, old))
            try:
                await pipe.execute()
            except WatchError:
                raise PointerMoved("somebody publishes at the same time") from None


def _readable(stored: dict[bytes, bytes]) -> list[Version]:
    versions = []
    for name, value in stored.items():
        try:
            versions.append(version_from_json(value))
        except StudioGarbage as error:
            _log.error("a published version is garbage", version=name.decode(errors="replace"), reason=str(error))
    return versions
