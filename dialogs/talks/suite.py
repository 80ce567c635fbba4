"""All conversations of a dialogue, played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialogs.engine.bundle import Bundle
from dialogs.talks.case_file import Case, read_cases
from dialogs.talks.coverage import Coverage, coverage
from dialogs.talks.player import CaseResult, play
from dialogs.talks.sandbox_world import SandboxWorlds
from dialogs.talks.understanding import FolderUnderstanding


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
    """Play conversations (by default all of the folder's) one after another; blocks: call it in a thread.

    Raises:
        FlowErrors: the cases' files are faulty.
    """
    return asyncio.run(_run(folder, bundle, read_cases(folder) if cases is None else cases, on_case))


async def _run(
    folder: Path, bundle: Bundle, cases: Sequence[Case], on_case: Callable[[CaseResult], None]
) -> SuiteResult:
    understanding = FolderUnderstanding(folder)
    results: list[CaseResult] = []
    with SandboxWorlds() as worlds:
        for case in cases:
            results.append(await play(case, bundle, understanding.understand, worlds))
            on_case(results[-1])
    passed = {way for result in results for way in result.passed}
    return SuiteResult(tuple(results), coverage(bundle, passed))
