"""Train Rasa on phrases and let it parse others: run with Rasa's own Python by `bench.understanding.rasa_training`.

    python rasa_job.py jobs.json answers.jsonl

jobs.json: {"config": path, "domain": path, "jobs": [{"nlu": path, "asked": [phrase, ...]}, ...]}. One line of answers
for each job: {"answers": [parse, ...], "parse_seconds": [...], "train_seconds", "train_cpu_seconds", "peak_rss_mb"}.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main(jobs_path: str, answers_path: str) -> None:
    """Do all jobs in one process: loading TensorFlow takes longer than parsing."""
    task = json.loads(Path(jobs_path).read_text(encoding="utf-8"))
    with open(answers_path, "w", encoding="utf-8") as answers:
        for job in task["jobs"]:
            answers.write(json.dumps(_done(job, task["config"], task["domain"]), ensure_ascii=False) + "\n")
            answers.flush()


def _done(job: dict[str, Any], config: str, domain: str) -> dict[str, Any]:
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as folder:
        began, processor = time.perf_counter(), time.process_time()
        model = train_nlu(config, job["nlu"], folder, fixed_model_name="fold", domain=domain)
        trained = {
            "train_seconds": round(time.perf_counter() - began, 1),
            "train_cpu_seconds": round(time.process_time() - processor, 1),
        }
        agent = Agent.load(model)
        answers, seconds = asyncio.run(_parsed(agent, job["asked"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"answers": answers, "parse_seconds": seconds, **trained, "peak_rss_mb": round(peak)}


async def _parsed(agent: Any, phrases: list[str]) -> tuple[list[dict[str, Any]], list[float]]:
    answers, seconds = [], []
    for phrase in phrases:
        began = time.perf_counter()
        answer = await agent.parse_message(phrase)
        seconds.append(round(time.perf_counter() - began, 5))
        answers.append({key: answer[key] for key in ("intent", "intent_ranking") if key in answer})
    return answers, seconds


if __name__ == "__main__":
    main(*sys.argv[1:])
