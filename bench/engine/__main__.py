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
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from bench.engine.figures import SHARES, StepTimes, rows
from bench.records import run_facts, write_results
from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import Event, Turn
from dialogs.reader.bundle import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.case_file import read_cases
from dialogs.talks.player import play
from dialogs.talks.quiet_logs import quiet_logs
from dialogs.talks.sandbox_world import SandboxWorlds
from dialogs.talks.understanding import FolderUnderstanding


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    bundle = load_bundle(options.folder)
    steps = asyncio.run(_steps_of(options.folder, bundle, console))
    timed = _timed(Engine(bundle), steps, options.rounds, console)
    console.print(_table(timed))
    facts = run_facts("bench-engine", arguments) | {"steps": len(steps), "rounds": options.rounds}
    results = write_results("engine", facts | {"rows": [row.as_dict() for row in rows(timed)]})
    console.print(f"results: bench/results/{results}")
    if options.publish:
        from bench.engine.page import publish  # matplotlib takes a second to load

        console.print(f"page: {publish(facts, timed, results)}")
    return 0


def _noting_in(steps: list[tuple[DialogueState, Event]]) -> type[Engine]:
    class Notes(Engine):
        def step(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
            steps.append((state, event))
            return super().step(state, event)

    return Notes


async def _steps_of(folder: Path, bundle: Bundle, console: Console) -> list[tuple[DialogueState, Event]]:
    steps: list[tuple[DialogueState, Event]] = []
    understanding, cases = FolderUnderstanding(folder), read_cases(folder)
    with quiet_logs(), SandboxWorlds() as worlds, Progress(console=console) as progress:
        playing = progress.add_task("conversations played", total=len(cases))
        for case in cases:
            result = await play(case, bundle, understanding.understand, worlds, _noting_in(steps))
            if result.failure is not None:
                raise SystemExit(f"{case.title}: {result.failure.message}: mend it first (yulia flows test)")
            progress.advance(playing)
    return steps


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
    table = Table("what", "n", *SHARES, "over 1 ms", "target", "met")
    for row in rows(timed):
        met = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[row.met]
        numbers = (f"{1000 * value:.3f} ms" for value in row.quantiles.values())
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
