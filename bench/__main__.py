"""Measure the line on the caller's side of real SIP calls: `make bench`."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench.line_bench import Figure, measure, table_of
from bench.page import publish
from bench.records import write_results
from ivr.line.line import Line
from ivr.line.plan import LinePlan
from ivr.settings import Settings


def main() -> int:
    """Run the benches that the command line asks for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--calls", type=int, default=50, help="keypad calls at once (default 50)")
    parser.add_argument("--greetings", type=int, default=30, help="calls measured one by one (default 30)")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks/ anew from this run")
    arguments = parser.parse_args()
    console = Console(width=140)
    if sys.platform != "linux":
        console.print("[red]The benches capture packets of the loopback and read /proc: Linux only.[/]")
        return 2
    with tempfile.TemporaryDirectory(prefix="yulia-bench-") as folder:
        figures = asyncio.run(run(Path(folder), arguments.greetings, arguments.calls, console))
    console.print(table_of(figures))
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    name = write_results("line", {"machine": machine, "figures": [figure.as_dict() for figure in figures]})
    console.print(f"results: bench/results/{name}")
    if arguments.publish:
        options = f"--calls {arguments.calls} --greetings {arguments.greetings} --publish"
        command = f'make bench ARGS="{options}"'
        console.print(f"page: {publish(figures, command, name)}")
    return 0


async def run(folder: Path, greetings: int, calls: int, console: Console) -> list[Figure]:
    """Bring a line of its own up on free ports and measure it."""
    plan = LinePlan.from_settings(Settings())
    async with Line.on_free_ports(base=plan) as line:
        return await measure(line, folder, greetings, calls, console)


sys.exit(main())
