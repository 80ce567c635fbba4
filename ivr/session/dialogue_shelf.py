"""The dialogues of a worker: which one a call gets, and how a published one comes here without dropping a call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from dialogs.reader import FlowErrors
from dialogs.studio.archive import ArchiveGarbage
from dialogs.studio.local_copy import LocalCopy
from dialogs.studio.port import Pointer, PublishedDialogues, StudioError
from ivr.observability.metrics import Metrics
from ivr.observability.web import PartState
from ivr.session.dialogue import Dialogue
from ivr.session.dialogue_versions import DialogueVersions, Loader

log = structlog.get_logger()

ROUND_SECONDS = 0.5
"""How often the pointer is looked at: one small read."""
RETRY_SECONDS = 5.0
"""Pause before a version that could not be fetched or laid out is tried again."""

_LASTING = (FlowErrors, ValueError)
"""Faults of a version itself: it is not tried again."""


@dataclass(frozen=True, slots=True)
class _Serving:
    """What takes calls."""

    pointer: Pointer
    active: Dialogue
    canary: Dialogue | None  # None: there is none, or it cannot be loaded


class DialogueShelf:
    """Keeps the dialogues in force, and finds older ones for calls that began with them.

    A dialogue that is no longer in force lives for as long as a call holds it.
    """

    def __init__(
        self, store: PublishedDialogues, copy: LocalCopy, loader: Loader, folder: Path, metrics: Metrics
    ) -> None:
        """Take the store of versions, this host's copy of it, and the folder that serves until one is published."""
        self._store = store
        self._copy = copy
        self._loader = loader
        self._versions = DialogueVersions(store, copy, loader, folder)
        self._metrics = metrics
        self._wanted = Pointer()
        self._serving: _Serving | None = None
        self._problems: dict[str | None, str] = {}  # of versions that could not be loaded
        self._refused: set[str] = set()  # versions that never will be
        self._paused_until: dict[str | None, float] = {}
        self._store_problem = ""
        self._copied: Pointer | None = None
        self._copy_paused_until = 0.0

    async def open(self) -> None:
        """Load what took calls last: by the store, else by this host's copy, else the folder of the settings.

        Raises:
            FlowErrors, ValueError: not even the folder can take calls.
        """
        pointer = await self._latest_pointer() or await asyncio.to_thread(self._copy.pointer) or Pointer()
        await self._turn_to(pointer, is_start=True)
        for version in reversed(pointer.previous):
            if self._serving is not None:
                return
            older = await self._ready(version, is_start=True)
            if older is not None:
                log.critical("the active version cannot take calls: an older one does", bundle=version)
                self._serve(_Serving(Pointer(active=version), older, None))
        if self._serving is None:
            if pointer.active is not None:
                log.critical("no published version can take calls: the folder of the settings does")
            self._serve(_Serving(Pointer(), await self._versions.load(None), None))

    async def warm_up(self) -> None:
        """Speak the fixed sentences of what takes calls."""
        serving = self._in_force
        for dialogue in (serving.active, serving.canary):
            if dialogue is not None:
                await self._loader.warm_up(dialogue)

    async def run(self) -> None:
        """Follow the pointer until cancelled; what cannot be loaded leaves in force what was."""
        while True:
            pointer = await self._latest_pointer()
            if pointer is not None and not self._is_served(pointer):
                await self._turn_to(pointer)
            await self._keep_copy()
            await asyncio.sleep(ROUND_SECONDS)

    def for_call(self, call_id: str) -> Dialogue:
        """Return the dialogue for a call that begins."""
        serving = self._in_force
        is_chosen = serving.canary is not None and serving.pointer.chosen(call_id) == serving.pointer.canary
        return serving.canary if is_chosen and serving.canary is not None else serving.active

    async def for_bundle(self, bundle_hash: str) -> Dialogue:
        """Return the dialogue that a resumed call began with.

        Raises:
            DialogueUnavailable
        """
        return await self._versions.for_bundle(bundle_hash)

    @property
    def state(self) -> PartState:
        """Say which dialogue takes calls; it is not up when that is not what was published last."""
        if self._serving is None:
            return PartState(False, needed=True, note="loading")
        pointer = self._serving.pointer
        notes = [f"version {self._serving.active.bundle_hash[:12]}"]
        if self._serving.canary is not None:
            notes.append(f"{pointer.canary_share} % {self._serving.canary.bundle_hash[:12]}")
        wanted = {self._wanted.active, self._wanted.canary}
        problems = [why for version, why in self._problems.items() if version in wanted]
        if self._store_problem:
            problems.append(self._store_problem)
        return PartState(not problems, needed=False, note="; ".join(notes + problems))

    @property
    def _in_force(self) -> _Serving:
        if self._serving is None:
            raise RuntimeError("the shelf was not opened")
        return self._serving

    def _is_served(self, pointer: Pointer) -> bool:
        serving = self._in_force
        return serving.pointer == pointer and (pointer.canary is None) == (serving.canary is None)

    async def _latest_pointer(self) -> Pointer | None:
        """Read the pointer; None when the store does not answer, or has lost what this worker still knows."""
        pointer, problem = None, ""
        try:
            pointer = await self._store.pointer()
        except StudioError as error:
            problem = f"published dialogues are out of reach: {error}"
        if not problem and pointer is None and self._wanted.revision > 0:
            problem = "the store has lost the published dialogues"
        if problem and not self._store_problem:
            self._metrics.errors.labels("dialogue_store").inc()
            log.error("published dialogues are out of reach: what is here takes calls", reason=problem)
        self._store_problem = problem
        return pointer

    async def _turn_to(self, pointer: Pointer, *, is_start: bool = False) -> None:
        """Load what the pointer names, then give it the calls."""
        self._wanted = pointer
        active = await self._ready(pointer.active, is_start=is_start)
        canary = await self._ready(pointer.canary, is_start=is_start) if pointer.canary is not None else None
        if active is None:
            if self._serving is None:
                return
            # All but the version that cannot be loaded goes by the pointer.
            pointer = replace(pointer, active=self._serving.pointer.active)
            active = self._serving.active
        self._serve(_Serving(pointer, active, canary))

    def _serve(self, serving: _Serving) -> None:
        if serving == self._serving:
            return
        self._serving = serving
        self._metrics.dialogue.clear()
        for role, dialogue in (("active", serving.active), ("canary", serving.canary)):
            if dialogue is not None:
                self._metrics.dialogue.labels(dialogue.bundle_hash, role).set(1)
        log.info(
            "new calls get this dialogue",
            bundle=serving.active.bundle_hash,
            canary=serving.canary.bundle_hash if serving.canary is not None else None,
            canary_share=serving.pointer.canary_share,
        )

    async def _ready(self, version: str | None, *, is_start: bool) -> Dialogue | None:
        """Return a dialogue that can take calls; None when it cannot be had (and told). None means the folder."""
        found = self._here(version)
        if found is not None:
            return found
        now = asyncio.get_running_loop().time()
        if version in self._refused or self._paused_until.get(version, now) > now:
            return None
        try:
            dialogue = await self._versions.load(version)
            if not is_start:
                await self._loader.warm_up(dialogue)
        except Exception as error:  # whatever is wrong with it, calls go on with what is here
            self._note_problem(version, error)
            return None
        self._problems.pop(version, None)
        return dialogue

    def _here(self, version: str | None) -> Dialogue | None:
        if version is not None:
            return self._versions.living(version)
        if self._serving is not None and self._serving.pointer.active is None:
            return self._serving.active
        return None

    def _note_problem(self, version: str | None, error: Exception) -> None:
        name = "the folder of the settings" if version is None else version[:12]
        is_new = version not in self._problems
        self._problems[version] = f"{name} cannot take calls: {type(error).__name__}"
        if isinstance(error, _LASTING) and version is not None:
            self._refused.add(version)
        else:
            self._paused_until[version] = asyncio.get_running_loop().time() + RETRY_SECONDS
        if is_new:
            self._metrics.errors.labels("dialogue").inc()
            log.error("a dialogue cannot take calls: the old one goes on", bundle=version or name, reason=str(error))

    async def _keep_copy(self) -> None:
        """Lay what takes calls down on this host's disk, for a start without the store."""
        now = asyncio.get_running_loop().time()
        pointer = self._in_force.pointer
        if pointer.revision == 0 or pointer != self._wanted or pointer == self._copied or now < self._copy_paused_until:
            return
        try:
            await self._versions.keep(pointer)
        except (OSError, StudioError, ArchiveGarbage) as error:
            self._copy_paused_until = now + RETRY_SECONDS
            self._metrics.errors.labels("dialogue_copy").inc()
            log.error("the dialogue in force is not on this host's disk", reason=str(error))
        else:
            self._copied = pointer
