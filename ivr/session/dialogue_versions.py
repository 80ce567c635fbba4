"""Versions of the dialogue as a worker loads them: from its host's disk, from the store, or from the folder."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from dialogs.reader import FlowErrors
from dialogs.reader.content import content_hash, dialogue_files
from dialogs.reader.problems import Problems
from dialogs.studio.archive import ArchiveGarbage, unpack, write_files
from dialogs.studio.local_copy import LocalCopy
from dialogs.studio.port import Pointer, PublishedDialogues, StudioError
from ivr.session.dialogue import Dialogue

log = structlog.get_logger()


class DialogueUnavailable(Exception):
    """A version cannot be had here; the message says why."""


class Loader(Protocol):
    """Makes dialogues from folders."""

    def load(self, folder: Path) -> Dialogue:
        """Read, check and train; blocks for seconds.

        Raises:
            FlowErrors, ValueError: it must not take calls.
        """

    async def warm_up(self, dialogue: Dialogue) -> None:
        """Speak what is always said alike."""


class DialogueVersions:
    """Loads dialogues and knows those that are alive: in force, or held by a call."""

    def __init__(self, store: PublishedDialogues, copy: LocalCopy, loader: Loader, folder: Path) -> None:
        self._store = store
        self._copy = copy
        self._loader = loader
        self._folder = folder
        self._living: WeakValueDictionary[str, Dialogue] = WeakValueDictionary()  # by hash
        self._loading: dict[str | None, asyncio.Task[Dialogue]] = {}  # None: the folder

    def living(self, version: str) -> Dialogue | None:
        """Return a version that need not be loaded."""
        return self._living.get(version)

    async def for_bundle(self, bundle_hash: str) -> Dialogue:
        """Return the dialogue that a call began with, published or the folder's.

        Raises:
            DialogueUnavailable
        """
        found = self._living.get(bundle_hash)
        if found is not None:
            return found
        try:
            try:
                return await self.load(bundle_hash)
            except StudioError:
                if await asyncio.to_thread(_folder_hash, self._folder) != bundle_hash:
                    raise
                return await self.load(None)
        except (StudioError, ArchiveGarbage, FlowErrors, ValueError, OSError) as error:
            raise DialogueUnavailable(f"{bundle_hash[:12]}: {type(error).__name__}: {error}") from error

    async def load(self, version: str | None) -> Dialogue:
        """Load once, however many ask for it at the same time; None means the folder.

        Raises:
            StudioError, ArchiveGarbage, FlowErrors, ValueError, OSError
        """
        task = self._loading.get(version)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load_anew(version))
            self._loading[version] = task
            task.add_done_callback(lambda done: self._loaded(version, done))
        return await asyncio.shield(task)  # one caller who hangs up leaves the others their load

    def _loaded(self, version: str | None, task: asyncio.Task[Dialogue]) -> None:
        del self._loading[version]
        if not task.cancelled() and task.exception() is None:
            dialogue = task.result()
            self._living[dialogue.bundle_hash] = dialogue

    async def _load_anew(self, version: str | None) -> Dialogue:
        if version is None:
            return await asyncio.to_thread(self._loader.load, self._folder)
        files = await asyncio.to_thread(_copied_files, self._copy, version)
        if files is None:
            archive = await self._store.archive(version)
            files = await asyncio.to_thread(unpack, archive, version)
        return await asyncio.to_thread(_load_files, self._loader, files)

    async def keep(self, pointer: Pointer) -> None:
        """Lay down on this host's disk what a pointer names, and the pointer.

        Raises:
            OSError, StudioError, ArchiveGarbage
        """
        for version in (pointer.active, pointer.canary):
            if version is not None and await asyncio.to_thread(_copied_files, self._copy, version) is None:
                archive = await self._store.archive(version)
                await asyncio.to_thread(unpack, archive, version)  # a damaged one is not kept
                await asyncio.to_thread(self._copy.save_archive, version, archive)
        await asyncio.to_thread(self._copy.save_pointer, pointer)


def _copied_files(copy: LocalCopy, version: str) -> dict[str, bytes] | None:
    archive = copy.archive(version)
    try:
        return None if archive is None else unpack(archive, version)
    except ArchiveGarbage as error:
        log.error("a version on this host's disk is damaged", bundle=version, reason=str(error))
        return None


def _load_files(loader: Loader, files: dict[str, bytes]) -> Dialogue:
    with tempfile.TemporaryDirectory(prefix="yulia-dialogue-") as folder:
        write_files(files, Path(folder))
        return loader.load(Path(folder))


def _folder_hash(folder: Path) -> str:
    return content_hash(dialogue_files(folder, Problems()))
