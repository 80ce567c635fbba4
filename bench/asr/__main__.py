"""Measure how well the line hears: `make bench-asr`.

What is listened to:
  held-out voices   13 of RHVoice's Russian voices that nothing is ever trained on: yes and no, commands, card and
                    phone numbers and birth dates dictated in groups, sentences never trained on, talk beside the point
  real people       recordings that Debian's packages hold: words, and strings of digits spliced from them

Each is sent through several kinds of telephone line and heard as the line hears: the gate cuts it, the question's
phrase list is given, what it does not hold is heard again, the pieces are joined, the answer is read by the dialogue's
own rules. «free»: without the list.
The audio is made once (a few minutes) and kept in the state folder; packages are fetched by apt, not installed.

Examples:
  make bench-asr                                                the bundled model, everything
  make bench-asr ARGS="--sets human"                            real people only (sets whose names begin so)
  make bench-asr ARGS="--model A --model B --conditions clean"  two model folders side by side, clean lines
  make bench-asr ARGS="--limit 20"                              a quick look: 20 of each set
  make bench-asr ARGS="--publish"                               and write docs/benchmarks/asr.md anew

Read next: docs/benchmarks/asr.md (the figures as published), asr_models/ru-8k/README.md (the model card).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asr_models.port import ModelInvalid
from bench.asr.channel import CONDITIONS, missing_programs
from bench.asr.hearing import Task, hear_all
from bench.asr.human import human_questions
from bench.asr.questions import BenchQuestion, bench_questions
from bench.asr.report import FREE, LIST, report, run_facts
from bench.asr.sets import BenchAudio, bench_audio
from bench.asr.tables import tables
from bench.debian_packages import PackageMissing
from bench.records import command_of, write_results

FREE_CONDITIONS = ("clean",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 150)
    if missing := missing_programs():
        console.print(f"[red]{', '.join(missing)} is missing:[/] scripts/setup.sh --with-bench installs it.")
        return 2
    questions = dict(bench_questions())
    questions |= human_questions(questions)
    models: list[Path | None] = options.model or [None]
    reports = []
    try:
        with _progress(console) as progress:
            audio = _audio(questions, progress)
            tasks = chosen_tasks(audio, questions, options)
            if not tasks:
                console.print("[red]No such sets or conditions.[/]")
                return 2
            for model in models:
                name = model_name(model)
                bar = progress.add_task(f"hearing with {name}", total=len(tasks))
                heard, machine = hear_all(
                    model,
                    tasks,
                    lambda more, bar=bar: progress.advance(bar, more),  # type: ignore[misc]
                    whole=options.whole,
                    processes=options.processes,
                )
                reports.append(report(name, heard, machine, questions))
    except (PackageMissing, ModelInvalid) as error:
        console.print(f"[red]{error}[/]")
        return 2
    command = command_of("bench-asr", arguments)
    facts = run_facts(command, audio.versions, audio.seconds)
    for table in tables(reports):
        console.print(table)
    results = write_results("asr", facts | {"models": [one.as_dict() for one in reports]})
    console.print(f"results: bench/results/{results}")
    if options.publish:
        from bench.asr.page import publish  # matplotlib takes a second to load

        console.print(f"page: {publish(facts, reports, results)}")
    return 0


def model_name(model: Path | None) -> str:
    """Name a model in tables; its own folder says too little when it is called `model`."""
    if model is None:
        return "bundled"
    folder = model.resolve()
    return folder.name if folder.name != "model" else f"{folder.parent.name}/model"


def chosen_tasks(audio: BenchAudio, questions: dict[str, BenchQuestion], options: argparse.Namespace) -> list[Task]:
    """Return what is to be heard: the chosen sets and lines, with phrase lists, and freely where that tells much."""
    taken: dict[tuple[str, str, str], int] = defaultdict(int)
    tasks = []
    # In an order that has nothing to do with the voices, so that a limit leaves some of each.
    for utterance in sorted(audio.utterances, key=lambda one: hashlib.sha256(one.id.encode()).digest()):
        if options.sets and not utterance.set.startswith(tuple(options.sets)):
            continue
        if options.conditions and utterance.condition not in options.conditions:
            continue
        question = questions[utterance.question]
        for mode in (LIST, FREE):
            if mode not in options.modes or (mode == LIST and question.question is None):
                continue
            told_freely = utterance.condition in FREE_CONDITIONS and not utterance.must_be_rejected
            if mode == FREE and not (told_freely or question.question is None):
                continue
            key = (utterance.set, utterance.condition, mode)
            # Real people count most and are few: the limit is for each of them.
            if utterance.set.startswith("human"):
                key = (*key[:2], f"{mode} {utterance.voice}")
            if options.limit and taken[key] >= options.limit:
                continue
            taken[key] += 1
            free = mode == FREE
            asked = None if free else question.question
            tasks.append(Task(utterance, free, question.listens_for(free=free), asked))
    return tasks


def _audio(questions: dict[str, BenchQuestion], progress: Progress) -> BenchAudio:
    bars: dict[str, int] = {}

    def step(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = progress.add_task(what, total=total)
        progress.update(bars[what], completed=done)  # type: ignore[arg-type]

    return bench_audio(questions, progress.console.print, step)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-asr", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        metavar="FOLDER",
        help="model folder instead of the bundled one (with phrases/ and digits/, or one graph); may be given again",
    )
    parser.add_argument("--sets", nargs="+", metavar="SET", help="only sets whose names begin so: yes_no card human …")
    names = [condition.name for condition in CONDITIONS]
    parser.add_argument("--conditions", nargs="+", choices=names, metavar="LINE", help=f"only these: {' '.join(names)}")
    parser.add_argument(
        "--modes", nargs="+", choices=(LIST, FREE), default=[LIST, FREE], help="phrase lists, free or both"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="at most N of each set (of people: of each)")
    parser.add_argument("--whole", action="store_true", help="hear utterances whole, without the speech gate")
    parser.add_argument("--processes", type=int, default=0, metavar="N", help="hearing processes (default: one a core)")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks/asr.md and its plots anew")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
