"""All conversations of a dialogue, played."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dialogs.engine.bundle import Bundle
from dialogs.engine.vocabulary import Understood
from dialogs.talks.case_file import Case, read_cases
from dialogs.talks.coverage import Coverage, coverage
from dialogs.talks.player import CaseResult, play
from dialogs.talks.sandbox_world import SandboxWorlds
from dialogs.talks.understanding import FolderUnderstanding

FEW = 16
"""So many conversations are played faster than other processes are started."""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """How the conversations of a dialogue went."""

    cases: tuple[CaseResult, ...]
    coverage: Coverage

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """List the conversations that went otherwise."""
        return tuple(result for result in self.cases if result.failure is not None)


def matching(cases: Sequence[Case], text: str) -> tuple[Case, ...]:
    """Choose the conversations whose file or name holds a text, whatever the case of its letters."""
    return tuple(case for case in cases if text.casefold() in case.title.casefold())


def run_suite(
    folder: Path,
    bundle: Bundle,
    cases: Sequence[Case] | None = None,
    on_case: Callable[[CaseResult], None] = lambda result: None,
) -> SuiteResult:
    """Play conversations, by default all of the folder's; blocks: call it in a thread.

    Many are played by copies of this process, one a core. Few of them ask what a free phrase means: those are played
    here, so that understanding is trained once, and meanwhile the others go on.

    Raises:
        FlowErrors: the cases' files are faulty.
    """
    listed = read_cases(folder) if cases is None else cases
    cores = len(os.sched_getaffinity(0))
    understanding = FolderUnderstanding(folder)
    results: list[CaseResult] = []
    with SandboxWorlds() as worlds:
        asyncio.run(worlds.prepare())
        by_copies = len(listed) > FEW and cores > 1
        played = _by_copies(_Copied(bundle, listed, worlds), cores) if by_copies else iter([None] * len(listed))
        for case, result in zip(listed, played, strict=True):
            results.append(result or asyncio.run(play(case, bundle, understanding.understand, worlds)))
            on_case(results[-1])
    passed = {way for result in results for way in result.passed}
    return SuiteResult(tuple(results), coverage(bundle, passed))


@dataclass(frozen=True, slots=True)
class _Copied:
    """What a copy of the process plays."""

    bundle: Bundle
    cases: Sequence[Case]
    worlds: SandboxWorlds


class _AsksForMeaning(Exception):
    pass


_copied: _Copied


def _by_copies(copied: _Copied, processes: int) -> Iterator[CaseResult | None]:
    """Give the results in order; None for a conversation that asks what a phrase means."""
    context = multiprocessing.get_context("fork")  # a copy has all that is loaded: nothing is read or sent again
    with ProcessPoolExecutor(processes, context, initializer=_be_a_copy, initargs=(copied,)) as pool:
        yield from pool.map(_play_in_copy, range(len(copied.cases)))


def _be_a_copy(copied: _Copied) -> None:
    global _copied
    _copied = copied
    os.nice(5)  # training is longer than any copy's share


def _play_in_copy(number: int) -> CaseResult | None:
    try:
        return asyncio.run(play(_copied.cases[number], _copied.bundle, _ask_for_meaning, _copied.worlds))
    except _AsksForMeaning:
        return None


async def _ask_for_meaning(text: str) -> Understood:
    raise _AsksForMeaning
