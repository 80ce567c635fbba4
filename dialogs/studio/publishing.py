"""From a dialogue's folder to a version that takes calls."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dialogs.engine.bundle import Bundle
from dialogs.reader import load_bundle
from dialogs.reader.content import dialogue_files
from dialogs.reader.problems import Problems
from dialogs.settings import DialogueSettings
from dialogs.studio.access import TestRun
from dialogs.studio.archive import pack, write_files
from dialogs.studio.port import Pointer, PublishedDialogues, Version, VersionUnknown
from dialogs.talks.learning import learn
from dialogs.talks.passed_dialogues import NOTHING_PASSED, PassedDialogues

MIN_PREFIX = 4
"""Characters of a hash that name a version."""


class TestsFailed(Exception):
    """Conversation tests failed: the dialogue must not take calls."""

    __test__ = False  # pytest: no test

    def __init__(self, failures: tuple[str, ...]) -> None:
        super().__init__("\n".join(failures))
        self.failures = failures


class NothingToDo(Exception):
    """The pointer is as it was; the message says why, in Russian."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A dialogue that may be published."""

    bundle: Bundle
    archive: bytes
    passed_before: bool = False  # its conversations were not played again


def read_files(folder: Path) -> dict[str, bytes]:
    """Read a dialogue's files.

    Raises:
        FlowErrors: some cannot be read.
    """
    problems = Problems()
    files = dialogue_files(folder, problems)
    problems.raise_if_any()
    return files


def check(
    files: Mapping[str, bytes],
    settings: DialogueSettings,
    run_tests: TestRun,
    passed: PassedDialogues = NOTHING_PASSED,
) -> Checked:
    """Read, test and train exactly these files, as a worker would; takes seconds.

    What passed before, under the same program, is read only.

    Raises:
        FlowErrors, TestsFailed, ArchiveTooLarge
    """
    archive = pack(files)
    with tempfile.TemporaryDirectory(prefix="yulia-publish-") as name:
        folder = Path(name)
        write_files(files, folder)
        bundle = load_bundle(folder, settings)
        passed_before = bundle.hash in passed
        if not passed_before:
            # With usual settings, as `yulia flows test` does: tests name cards and texts, which settings may change.
            failures = run_tests(folder, bundle if settings == DialogueSettings() else load_bundle(folder))
            learn(folder)  # tests of free phrases have done it meanwhile
            if failures:
                raise TestsFailed(failures)
            passed.note(bundle.hash)
    return Checked(bundle, archive, passed_before)


async def publish(
    store: PublishedDialogues, checked: Checked, message: str, author: str, now: datetime, share: int | None = None
) -> Pointer:
    """Store a version and give it all calls, or a share of them in percent; return the pointer in force.

    Raises:
        StudioError
    """
    await store.add(Version(checked.bundle.hash, now, author, message), checked.archive)
    pointer = await store.pointer() or Pointer()
    if share is not None:
        if checked.bundle.hash == pointer.active:
            return pointer
        return await _move(store, pointer.try_out(checked.bundle.hash, share), author, now)
    if (pointer.active, pointer.canary) == (checked.bundle.hash, None):
        return pointer
    return await _move(store, pointer.activate(checked.bundle.hash), author, now)


async def roll_back(store: PublishedDialogues, author: str, now: datetime, to: str | None = None) -> Pointer:
    """Give all calls to the version named by the beginning of its hash, or to what was active before.

    Raises:
        StudioError, VersionUnknown
        NothingToDo: it has all calls already, or nothing was published.
    """
    pointer = await store.pointer() or Pointer()
    if to is None:
        if pointer.active is None:
            raise NothingToDo("ни одна версия не опубликована: говорит папка из настроек")
        return await _move(store, pointer.roll_back(), author, now)
    version = (await find_version(store, to)).hash
    if (pointer.active, pointer.canary) == (version, None):
        raise NothingToDo("эта версия уже принимает все звонки")
    return await _move(store, pointer.activate(version), author, now)


async def try_out(
    store: PublishedDialogues, share: int, author: str, now: datetime, version: str | None = None
) -> Pointer:
    """Give a share of the calls, in percent, to the version on trial, or to another one that begins its trial.

    Raises:
        StudioError, VersionUnknown
        NothingToDo: no version is on trial, or the one named has all calls already.
    """
    pointer = await store.pointer() or Pointer()
    chosen = pointer.canary if version is None else (await find_version(store, version)).hash
    if chosen is None:
        raise NothingToDo("пробной версии нет: yulia flows publish --canary 10")
    if chosen == pointer.active:
        raise NothingToDo("эта версия и так принимает звонки")
    return await _move(store, pointer.try_out(chosen, share), author, now)


async def end_trial(store: PublishedDialogues, author: str, now: datetime, *, promote: bool) -> Pointer:
    """Give all calls to the version on trial, or take them away from it.

    Raises:
        StudioError
        NothingToDo: no version is on trial.
    """
    pointer = await store.pointer() or Pointer()
    if pointer.canary is None:
        raise NothingToDo("пробной версии нет")
    moved = pointer.activate(pointer.canary) if promote else pointer.end_trial()
    return await _move(store, moved, author, now)


async def find_version(store: PublishedDialogues, prefix: str) -> Version:
    """Find a version by the beginning of its hash.

    Raises:
        StudioError
        VersionUnknown: none begins so, or several do.
    """
    if len(prefix) < MIN_PREFIX:
        raise VersionUnknown(f"«{prefix}» — слишком короткое имя версии: нужно хотя бы {MIN_PREFIX} знака")
    found = [version for version in await store.versions() if version.hash.startswith(prefix.lower())]
    if len(found) != 1:
        how_many = "несколько версий начинаются" if found else "ни одна версия не начинается"
        raise VersionUnknown(f"{how_many} с «{prefix}»")
    return found[0]


async def _move(store: PublishedDialogues, pointer: Pointer, author: str, now: datetime) -> Pointer:
    moved = replace(pointer, moved_at=now, moved_by=author)
    await store.move(moved)
    return moved
