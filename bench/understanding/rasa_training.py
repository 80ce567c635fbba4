"""Rasa on the phrases of a bench, trained and asked in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import yaml

from dialogs.nlu.evaluation import Evaluation, Judged
from dialogs.nlu.rasa_http import as_asked, read_answer
from dialogs.nlu.training_data import Example, by_intent

CHECKOUT = Path(__file__).parents[2]
JOB = Path(__file__).with_name("rasa_job.py")
_QUIET = {"RASA_TELEMETRY_ENABLED": "false", "RASA_MAX_CACHE_SIZE": "0", "TF_CPP_MIN_LOG_LEVEL": "2"}


class RasaFailed(Exception):
    """Rasa could not be installed or did not do its jobs; the message says where to look."""


@dataclass(frozen=True, slots=True)
class Job:
    """Phrases to learn, and phrases to be asked afterwards."""

    learnt: Sequence[Example]
    asked: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job."""

    evaluation: Evaluation
    train_seconds: float
    train_cpu_seconds: float
    peak_rss_mb: float  # of the process so far


def rasa_state() -> Path:
    """Return the folder of Rasa's environment, installed when it is not there.

    Raises:
        RasaFailed
    """
    if subprocess.run(["scripts/rasa.sh", "install"], cwd=CHECKOUT, check=False).returncode:
        raise RasaFailed("scripts/rasa.sh install failed")
    command = ["scripts/setup.sh", "--print-state-dir"]
    printed = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    return Path(printed.stdout.strip()) / "rasa"


def run_jobs(dialogue: Path, jobs: Sequence[Job], epochs: int | None) -> Iterator[Done]:
    """Yield what became of each job as soon as it is done, in order.

    Raises:
        RasaFailed
    """
    state = rasa_state()
    with tempfile.TemporaryDirectory(prefix="yulia-bench-rasa-") as made:
        folder = Path(made)
        task = rasa_task(folder, dialogue, jobs, epochs)
        (folder / "jobs.json").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")
        answers = folder / "answers.jsonl"
        answers.touch()
        log = state / "bench.log"
        with (
            log.open("w") as told,
            answers.open(encoding="utf-8") as lines,
            subprocess.Popen(
                [state / "venv/bin/python", "-P", JOB, folder / "jobs.json", answers],
                cwd=folder,
                env={**os.environ, **_QUIET},
                stdout=told,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            for job in jobs:
                yield _done(job, _next_line(lines, process, log))


def rasa_task(folder: Path, dialogue: Path, jobs: Sequence[Job], epochs: int | None) -> dict[str, Any]:
    """Write into a folder what Rasa is to learn, and return what `rasa_job.py` is to do."""
    (folder / "config.yml").write_text(_config(dialogue / "config.yml", epochs), encoding="utf-8")
    return {
        "config": str(folder / "config.yml"),
        "domain": str(dialogue / "domain.yml"),
        "jobs": [_job(folder / f"nlu-{number}.yml", job) for number, job in enumerate(jobs)],
    }


def _next_line(answers: TextIO, process: subprocess.Popen[bytes], log: Path) -> str:
    line = ""
    while not line.endswith("\n"):
        is_over = process.poll() is not None
        line += (more := answers.readline())
        if not more and is_over:
            raise RasaFailed(f"Rasa ended with {process.returncode} (log: {log})")
        if not more:
            time.sleep(0.5)
    return line


def _config(path: Path, epochs: int | None) -> str:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if epochs is not None and "epochs" in component:
            component["epochs"] = epochs
    return yaml.safe_dump(config, allow_unicode=True)


def _job(path: Path, job: Job) -> dict[str, object]:
    items = [
        {"intent": intent, "examples": "".join(f"- {each.text}\n" for each in own)}
        for intent, own in by_intent(job.learnt).items()
    ]
    path.write_text(
        yaml.safe_dump({"version": "3.1", "nlu": items}, allow_unicode=True, width=10_000), encoding="utf-8"
    )
    return {"nlu": str(path), "asked": [as_asked(each.text) for each in job.asked]}


def _done(job: Job, line: str) -> Done:
    told = json.loads(line)
    judged = tuple(
        Judged(example, read_answer(example.text, answer))
        for example, answer in zip(job.asked, told["answers"], strict=True)
    )
    evaluation = Evaluation("rasa", judged, tuple(told["parse_seconds"]))
    return Done(evaluation, told["train_seconds"], told["train_cpu_seconds"], told["peak_rss_mb"])
