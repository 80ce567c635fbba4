"""Measure both understandings of free phrases on the same phrases: `make bench-understanding`.

  test     phrases written apart (tests/nlu of the dialogue), after learning all training phrases
  folds    training phrases, each judged by an engine that learnt the four fifths it is not in; both engines get
           the same five folds

Rasa is trained six times, in its own environment (scripts/rasa.sh installs it, 2.4 GB): half an hour on two cores.

Examples:
  make bench-understanding                                 everything
  make bench-understanding ARGS="--engine embedded"        20 seconds
  make bench-understanding ARGS="--no-test --folds 1 --epochs 40"   one fold: are the configured epochs enough?
  make bench-understanding ARGS="--publish"                and draw docs/benchmarks/understanding.png anew

Read next: docs/benchmarks/understanding.md (the figures as published).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.records import run_facts, write_results
from bench.understanding.figures import as_dict
from bench.understanding.rasa_training import Done, Job, RasaFailed, run_jobs
from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.evaluation import FOLDS, Evaluation, evaluate, folds
from dialogs.nlu.settings import UnderstandingEngine, UnderstandingSettings
from dialogs.nlu.training_data import TEST_FOLDER, TRAINING_FOLDER, read_examples
from dialogs.settings import BUNDLED_FOLDER


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 150)
    training = read_examples(options.folder / TRAINING_FOLDER)
    apart = read_examples(options.folder / TEST_FOLDER)
    jobs = [Job(training, apart)] if options.test else []
    jobs += [Job(*fold) for fold in islice(folds(training), options.folds)]
    names = (["test"] if options.test else []) + ["folds"] * options.folds
    measured: dict[str, dict[str, Evaluation]] = {}
    facts: dict[str, Any] = {
        **run_facts("bench-understanding", arguments),
        "phrases": {"training": len(training), "test": len(apart), "folds": options.folds},
        "epochs": options.epochs,
        "trainings": {},
    }
    runs = {"embedded": _embedded, "rasa": lambda jobs: run_jobs(options.folder, jobs, options.epochs)}
    try:
        for engine in options.engine or ["embedded", "rasa"]:
            done = []
            for name, each in zip(names, runs[engine](jobs), strict=True):
                done.append(each)
                console.print(_told(engine, name, each))
            measured[engine] = {
                name: _joined(engine, [each.evaluation for kind, each in zip(names, done, strict=True) if kind == name])
                for name in dict.fromkeys(names)
            }
            facts["trainings"][engine] = [
                [each.train_seconds, each.train_cpu_seconds, each.peak_rss_mb] for each in done
            ]
    except RasaFailed as error:
        console.print(f"[red]{error}[/]")
        return 2
    figures = {
        engine: {name: as_dict(evaluation) for name, evaluation in sets.items()} for engine, sets in measured.items()
    }
    results = write_results("understanding", facts | {"figures": figures})
    console.print(f"results: bench/results/{results}")
    if options.publish:
        from bench.understanding.page import publish  # matplotlib takes a second to load

        console.print(f"plot: {publish(measured)}")
    return 0


def _embedded(jobs: Sequence[Job]) -> Iterator[Done]:
    threshold = UnderstandingSettings().threshold
    for job in jobs:
        began, processor = time.perf_counter(), time.process_time()
        engine = EmbeddedUnderstanding(job.learnt, threshold)
        took, used = time.perf_counter() - began, time.process_time() - processor
        yield Done(asyncio.run(evaluate(engine, job.asked)), round(took, 1), round(used, 1), 0.0)


def _joined(engine: str, parts: Sequence[Evaluation]) -> Evaluation:
    return Evaluation(
        engine,
        tuple(judged for part in parts for judged in part.judged),
        tuple(seconds for part in parts for seconds in part.parse_seconds),
    )


def _told(engine: str, name: str, done: Done) -> str:
    found = done.evaluation
    files = ", ".join(f"{file} {share:.1%}" for file, share in found.by_file()) if name == "test" else ""
    return (
        f"{engine} {name}: {found.accuracy:.1%} of {len(found.judged)} (misled {found.misled:.1%}) {files}"
        f" trained in {done.train_seconds:.0f} s, processor {done.train_cpu_seconds:.0f} s;"
        f" parse p50 {1000 * found.parse_quantile(0.5):.1f} ms, p99 {1000 * found.parse_quantile(0.99):.1f} ms"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-understanding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--engine", action="append", choices=[each.value for each in UnderstandingEngine], help="may be given twice"
    )
    parser.add_argument("--folder", type=Path, default=BUNDLED_FOLDER, help="dialogue whose phrases are used")
    parser.add_argument("--test", action=argparse.BooleanOptionalAction, default=True, help="the phrases written apart")
    parser.add_argument("--folds", type=int, default=FOLDS, choices=range(FOLDS + 1), help="how many of the five")
    parser.add_argument("--epochs", type=int, metavar="N", help="of Rasa's training (default: the dialogue's own)")
    parser.add_argument("--publish", action="store_true", help="draw docs/benchmarks/understanding.png anew")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
