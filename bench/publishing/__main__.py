"""Measure how soon a changed dialogue takes calls: `make bench-publishing`.

A line of its own is started on free ports. While a caller is on the line, `yulia flows publish` is run as an admin runs
it, on a copy of the shipped dialogue with something changed. The clock runs from the start of the command until the
worker gives new calls the new version:

  a sentence       was changed; the phrases that understanding learns from are as before
  a phrase too     was added: the command and the worker both train
  tested before    both, and `yulia flows test` has passed: nothing is played again, the worker trains

Examples:
  make bench-publishing                              about 2 minutes
  make bench-publishing ARGS="--rounds 1"            a quick look
  make bench-publishing ARGS="--folder FOLDER"       another dialogue
  make bench-publishing ARGS="--publish"             and write docs/benchmarks/publishing.md anew

Read next: docs/benchmarks/publishing.md (the figures as published).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.progress import Progress

from bench.line_bench import Figure, table_of
from bench.records import run_facts, write_results
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from ivr.line.line import Line
from ivr.line.plan import LinePlan
from ivr.settings import Settings
from ivr.softphone.phone import SoftPhones

TEXTS, GREETING = "domain/responses.yml", re.compile(r"Здравствуйте!( Это версия \S+\.)?")
PHRASES, PHRASE = "data/nlu/balance.yml", re.compile(r"^( +- )узнать баланс$", re.MULTILINE)
CALLER = "+79160000001"
LIMIT_SECONDS = 120.0
TARGET_SECONDS = 10.0
KINDS = SENTENCE, PHRASE_TOO, TESTED = ("a sentence changed", "a phrase added too", "both, tested before")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    with Progress(console=console) as progress:
        figures = asyncio.run(_measure(options.folder, options.rounds, progress))
    console.print(table_of(figures))
    facts = run_facts("bench-publishing", arguments)
    results = write_results("publishing", facts | {"figures": [figure.as_dict() for figure in figures]})
    console.print(f"results: bench/results/{results}")
    if options.publish:
        from bench.publishing.page import publish  # matplotlib takes a second to load

        console.print(f"page: {publish(facts, figures, results)}")
    return 0


async def _measure(shipped: Path, rounds: int, progress: Progress) -> list[Figure]:
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    starting = progress.add_task("starting a line", total=None)
    with tempfile.TemporaryDirectory(prefix="yulia-bench-") as name:
        folder = Path(name) / "dialogs"
        shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        async with Line.on_free_ports(base=LinePlan.from_settings(Settings())) as line, SoftPhones() as phones:
            progress.update(starting, total=1, completed=1)
            publishing = progress.add_task("versions published", total=len(KINDS) * rounds)
            for number in range(rounds):
                for kind in KINDS:
                    change(folder, f"{number}-{KINDS.index(kind)}", with_phrases=kind != SENTENCE)
                    if kind == TESTED:
                        await _yulia(line, "flows", "test", str(folder))
                    call = await phones.call(
                        line.plan.asterisk.hotline_number, caller_number=CALLER, server=str(line.sip)
                    )
                    seconds[kind].append(await _published(line, folder))
                    await call.hang_up()
                    progress.advance(publishing)
    return [_figure(f"{kind} → new calls have it", values) for kind, values in seconds.items()]


def change(folder: Path, name: str, *, with_phrases: bool) -> None:
    """Change the greeting, and add a phrase that nobody learnt from before; another name makes another change.

    Raises:
        ValueError: the dialogue has no such greeting or no such phrases.
    """
    _replace(folder / TEXTS, GREETING, f"Здравствуйте! Это версия {name}.")
    if with_phrases:
        _replace(folder / PHRASES, PHRASE, rf"\1узнать баланс\n\1узнать баланс по версии {name}")


def _replace(path: Path, old: re.Pattern[str], new: str) -> None:
    text, replaced = old.subn(new, path.read_text(encoding="utf-8"), count=1)
    if not replaced:
        raise ValueError(f"{path}: {old.pattern} is not there")
    path.write_text(text, encoding="utf-8")


async def _published(line: Line, folder: Path) -> float:
    """Publish and wait until new calls have it; return the seconds since the command was started."""
    version = load_bundle(folder).hash
    began = time.monotonic()
    await _yulia(line, "flows", "publish", str(folder), "-m", "bench")
    async with asyncio.timeout(LIMIT_SECONDS), aiohttp.ClientSession() as client:
        while True:
            async with client.get(f"http://{line.plan.web}/metrics") as answer:
                if f'yulia_dialogue{{bundle="{version}",role="active"}} 1.0' in await answer.text():
                    return time.monotonic() - began
            await asyncio.sleep(0.02)


async def _yulia(line: Line, *arguments: str) -> None:
    """Run the command as an admin of the line does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import sys; sys.argv[0] = 'yulia'; from ivr.cli import main; main()", *arguments),
        env=os.environ | {"YULIA_LINE__STATE_DIR": str(line.plan.state_dir), "YULIA_REDIS__URL": line.redis_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"yulia {' '.join(arguments)}: {output.decode()}")


def _figure(what: str, seconds: Sequence[float]) -> Figure:
    met = bool(seconds) and max(seconds) <= TARGET_SECONDS
    return Figure.of(what, seconds, "s", target=f"≤ {TARGET_SECONDS:g} s", met=met)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-publishing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=BUNDLED_FOLDER, help="dialogue (default: the shipped one)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="versions of each kind (default 5)")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks/publishing.md anew")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
