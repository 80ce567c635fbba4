"""Measure how soon the line answers and falls silent: `make bench-gap`.

A line of its own is started on free ports, with the flows of bench/flows: yes/no, menu, a code of four digits, a long
prompt to be interrupted, an open question, and a card number dictated in groups with pauses of 1.5 s. Scripted callers
(the held-out voices, each at its own level, a third of them with noise) ring it over real SIP; behind a few more, five
people talk on for the whole call. Times are read off the stereo recordings made on the callers' side:

  closed, open   end of the caller's speech -> first sound of the answer
  barge-in       first sound of the caller's speech -> the prompt is silent
  dictation      how often Yulia spoke before the caller had finished the number

Examples:
  make bench-gap                              about 10 minutes, three calls at a time
  make bench-gap ARGS="--calls 2 --rounds 1"  a quick look
  make bench-gap ARGS="--publish"             and write docs/benchmarks/gap.md anew
  make bench-gap ARGS="--keep /tmp/calls"     keep the recordings: the caller on the left, Yulia on the right

Read next: docs/benchmarks/gap.md (the figures as published), docs/benchmarks/README.md (the line as a whole).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.debian_packages import PackageMissing
from bench.gap.callers import Caller, converse, make_callers
from bench.gap.figures import GapFigures
from bench.gap.timing import Turn
from bench.records import run_facts, write_results
from ivr.line.line import Line
from ivr.line.plan import LinePlan
from ivr.settings import Settings
from ivr.softphone.errors import SoftphoneError
from ivr.softphone.phone import SoftPhones

FLOWS = Path(__file__).parents[1] / "flows"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        with Progress(console=console) as progress:
            speaking = progress.add_task("the callers learn their words", total=None)
            callers = make_callers(
                options.calls,
                options.in_crowd,
                options.rounds,
                lambda done, total: progress.update(speaking, completed=done, total=total),
            )
            turns = asyncio.run(_measure(callers, options, progress))
    except (PackageMissing, SoftphoneError) as error:
        console.print(f"[red]{error}[/]")
        return 2
    figures = GapFigures.of(turns)
    console.print(_table(figures))
    facts = run_facts("bench-gap", arguments)
    facts |= {"calls": options.calls, "in_crowd": options.in_crowd, "at_once": options.at_once}
    results = write_results("gap", facts | figures.as_dict())
    console.print(f"results: bench/results/{results}")
    if options.publish:
        from bench.gap.page import publish  # matplotlib takes a second to load

        console.print(f"page: {publish(facts, figures, results)}")
    return 0


async def _measure(callers: list[Caller], options: argparse.Namespace, progress: Progress) -> list[Turn]:
    plan = LinePlan.from_settings(Settings())
    plan = replace(
        plan,
        worker_command=(sys.executable, "-m", "bench.gap.open_worker"),
        environment={**plan.environment, "YULIA_DIALOGUE__FOLDER": str(FLOWS)},
    )
    starting = progress.add_task("starting a line", total=None)
    turns: list[Turn] = []
    async with Line.on_free_ports(base=plan) as line, SoftPhones() as phones:
        progress.update(starting, total=1, completed=1)
        talking = progress.add_task("turns of conversation", total=sum(len(caller.answers) for caller in callers))
        places = asyncio.Semaphore(options.at_once)

        async def ring(number: int, caller: Caller) -> None:
            async with places:
                try:
                    read, call = await converse(
                        phones,
                        caller,
                        line.plan.asterisk.hotline_number,
                        str(line.sip),
                        lambda: progress.advance(talking),
                    )
                except SoftphoneError as error:
                    progress.console.print(f"call {number + 1}: {error}")
                    return
                turns.extend(read)
                if len(read) < len(caller.answers):
                    missing = len(caller.answers) - len(read)
                    progress.console.print(f"call {number + 1} ended early: {missing} turns were not made")
                if options.keep:
                    await call.save_recording(options.keep / f"call-{number + 1:02}-{caller.voice}.wav")

        async with asyncio.TaskGroup() as group:
            for number, caller in enumerate(callers):
                group.create_task(ring(number, caller))
    return turns


def _table(figures: GapFigures) -> Table:
    table = Table("what", "n", "p50", "p95", "max", "target", "met")
    for row in figures.rows():
        met = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[row.met]
        table.add_row(
            row.what, str(row.n), *(f"{value:.3f} s" for value in (row.p50, row.p95, row.max)), row.target, met
        )
    table.add_section()
    for what, count, of in (
        ("numbers dictated with pauses, cut", figures.cut, figures.dictated),
        ("other answers cut", figures.cut_elsewhere, len(figures.turns)),
        ("turns without an answer", figures.unanswered, len(figures.turns)),
        ("prompts interrupted by words that went on", figures.resumed, figures.barge_in.n),
    ):
        table.add_row(what, f"{count} of {of}", "", "", "", "0", "[red]no[/]" if count else "[green]yes[/]")
    return table


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-gap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=12, metavar="N", help="calls (default 12)")
    parser.add_argument(
        "--in-crowd",
        type=int,
        default=3,
        metavar="N",
        help="more calls, out of a crowd (default 3: 18, 14, 10 dB)",
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds of questions in a call (default 3)")
    parser.add_argument("--at-once", type=int, default=3, metavar="N", help="calls at a time (default 3)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the stereo recordings there")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks/gap.md and its plot anew")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
