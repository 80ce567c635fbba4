"""Measure how long the engine thinks: `make bench-engine`.

All conversations of the dialogue (tests/conversations) are played once, and every event is noted with the state it
met. Then each of these steps is taken again and again, in random order, by the same engine that answers calls.

Examples:
  make bench-engine                        half a minute
  make bench-engine ARGS="--rounds 5"      a quick look
  make bench-engine ARGS="--publish"       and write docs/benchmarks/engine.md anew

Read next: docs/benchmarks/engine.md (the figures as published).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import random
import shlex
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from bench.engine.figures import StepTimes, rows
from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import Event, Turn
from dialogs.reader.bundle import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.case_file import Case, read_cases
from dialogs.talks.player import play
from dialogs.talks.quiet_logs import quiet_logs
from dialogs.talks.sandbox_world import SandboxWorlds
from dialogs.talks.understanding import FolderUnderstanding

RESULTS = Path(__file__).parents[1] / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    bundle = load_bundle(options.folder)
    steps = asyncio.run(_steps_of(options.folder, bundle, console))
    timed = _timed(Engine(bundle), steps, options.rounds, console)
    console.print(_table(timed))
    facts = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": f'make bench-engine ARGS="{shlex.join(arguments or sys.argv[1:])}"'.replace(' ARGS=""', ""),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "steps": len(steps),
        "rounds": options.rounds,
    }
    RESULTS.mkdir(exist_ok=True)
    results = RESULTS / f"engine-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    figures = {"rows": [row.as_dict() for row in rows(timed)]}
    results.write_text(json.dumps({**facts, **figures}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.print(f"results: bench/results/{results.name}")
    if options.publish:
        from bench.engine.page import publish  # matplotlib takes a second to load

        console.print(f"page: {publish(facts, timed, results.name)}")
    return 0


class _Notes(Engine):
    """An engine that notes what it is asked."""

    steps: list[tuple[DialogueState, Event]]

    def step(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
        """Take an event and note it."""
        self.steps.append((state, event))
        return super().step(state, event)


async def _steps_of(folder: Path, bundle: Bundle, console: Console) -> list[tuple[DialogueState, Event]]:
    _Notes.steps = []
    understanding, cases = FolderUnderstanding(folder), read_cases(folder)
    with quiet_logs(), SandboxWorlds() as worlds, Progress(console=console) as progress:
        playing = progress.add_task("conversations played", total=len(cases))
        for case in cases:
            await _play(case, bundle, understanding, worlds)
            progress.advance(playing)
    return _Notes.steps


async def _play(case: Case, bundle: Bundle, understanding: FolderUnderstanding, worlds: SandboxWorlds) -> None:
    result = await play(case, bundle, understanding.understand, worlds, _Notes)
    if result.failure is not None:
        raise SystemExit(f"{case.title}: {result.failure.message}: mend it first (yulia flows test)")


def _timed(
    engine: Engine, steps: Sequence[tuple[DialogueState, Event]], rounds: int, console: Console
) -> list[StepTimes]:
    times = [StepTimes(type(event).__name__) for _, event in steps]
    gc.freeze()  # as the worker does when it has started
    for number in track(range(rounds), "rounds", console=console):
        for place in random.Random(number).sample(range(len(steps)), len(steps)):
            state, event = steps[place]
            began = time.perf_counter()
            after, _ = engine.step(state, event)
            stepped = time.perf_counter()
            DialogueState.from_bytes(after.to_bytes())
            times[place].step_seconds.append(stepped - began)
            times[place].keeping_seconds.append(time.perf_counter() - stepped)
    return times


def _table(timed: Sequence[StepTimes]) -> Table:
    table = Table("what", "n", "p50", "p99", "p99.9", "max", "over 1 ms", "target", "met")
    for row in rows(timed):
        met = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[row.met]
        numbers = (f"{1000 * value:.3f} ms" for value in (row.p50, row.p99, row.p999, row.max))
        table.add_row(row.what, str(row.n), *numbers, f"{row.over:.3%}", row.target, met)
    return table


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=BUNDLED_FOLDER, help="dialogue (default: the shipped one)")
    parser.add_argument("--rounds", type=int, default=30, metavar="N", help="times each step is taken (default 30)")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks/engine.md and its plot anew")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
