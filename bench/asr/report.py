"""What a run measured: by set, condition and way of hearing, with the targets beside it."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asr_models.phrase_grammar import UNKNOWN
from bench.asr.hearing import HeardTask, Machine
from bench.asr.questions import BenchQuestion
from bench.asr.scoring import Errors, Share, align, confusions, word_error
from dialogs.grammar.words import words

LIST, FREE = "list", "free"
ALL = "all"
REAL_TIME_TARGET = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for."""

    set: str  # ALL: every set of held-out voices that is to be understood
    condition: str
    share: float
    why: str


TARGETS = (
    Target("yes_no", "clean", 0.99, "yes and no"),
    Target("command", "clean", 0.98, "single commands"),
    Target("card", "clean", 0.95, "16-digit numbers dictated in groups, with the check rule"),
    Target(ALL, "snr15-25", 0.93, "all sentences at 15–25 dB"),
    Target(ALL, "babble8-18", 0.75, "all sentences at 8–18 dB with babble"),
    Target("outside", "clean", 0.96, "speech outside a yes/no list, rejected"),
    Target("human_spliced", "clean", 0.98, "digits of real people (spliced strings)"),
)


@dataclass(slots=True)
class Result:
    """One row: a set in a condition, heard with its phrase list or freely."""

    set: str
    condition: str
    mode: str
    right: Share  # understood as meant: by the question's own rules, alternatives included
    exact: Share  # the very words, or for what must be rejected nothing but [unk]
    word_error: tuple[float, float, float]  # rate, low, high
    by_voice: dict[str, Share]
    real_time_factor: float  # CPU seconds for a second of audio that the gate let through
    wrong: list[tuple[str, str, str]] = field(default_factory=list)  # (voice, said, heard)

    def as_dict(self) -> dict[str, Any]:
        """Return it for the results file."""
        return {
            "set": self.set,
            "condition": self.condition,
            "mode": self.mode,
            "n": self.right.n,
            "right": round(self.right.value, 4),
            "right_interval": [round(bound, 4) for bound in self.right.interval],
            "exact": round(self.exact.value, 4),
            "word_error": [round(part, 4) for part in self.word_error],
            "real_time_factor": round(self.real_time_factor, 4),
            "by_voice": {voice: [share.right, share.n] for voice, share in sorted(self.by_voice.items())},
            "wrong": self.wrong,
        }


@dataclass(slots=True)
class ModelReport:
    """All that was measured of one model."""

    model: str
    results: list[Result]
    machine: Machine
    real_time_factor: float  # CPU seconds for a second of audio that the gate let through
    line_factor: float  # CPU seconds for a second of the call
    confusions: dict[str, list[tuple[str, str, int]]]

    @property
    def slowest(self) -> Result:
        """Return the row that cost most for a second of speech."""
        return max(self.results, key=lambda row: row.real_time_factor)

    def result(self, set: str, condition: str, mode: str = LIST) -> Result | None:
        """Find a row."""
        found = (row for row in self.results if (row.set, row.condition, row.mode) == (set, condition, mode))
        return next(found, None)

    def as_dict(self) -> dict[str, Any]:
        """Return it for the results file."""
        targets = []
        for target in TARGETS:
            row = self.result(target.set, target.condition)
            if row is not None:
                met = row.right.value >= target.share
                reached = round(row.right.value, 4)
                targets.append({"what": target.why, "target": target.share, "reached": reached, "met": met})
        return {
            "model": self.model,
            "load_seconds": round(self.machine.load_seconds, 3),
            "memory_mb": round(self.machine.memory_mb, 1),
            "real_time_factor": round(self.real_time_factor, 4),
            "line_factor": round(self.line_factor, 4),
            "slowest": [self.slowest.set, self.slowest.condition, round(self.slowest.real_time_factor, 4)],
            "targets": targets,
            "confusions": self.confusions,
            "results": [row.as_dict() for row in self.results],
        }


def report(
    model: str, heard: Sequence[HeardTask], machine: Machine, questions: Mapping[str, BenchQuestion]
) -> ModelReport:
    """Judge everything that was heard."""
    judged: dict[tuple[str, str, str], list[_Judged]] = defaultdict(list)
    for one in sorted(heard, key=lambda one: (one.task.utterance.id, one.task.free)):
        utterance = one.task.utterance
        judgement = _judge(one, questions[utterance.question])
        mode = FREE if one.task.free else LIST
        judged[utterance.set, utterance.condition, mode].append(judgement)
        if not utterance.set.startswith("human") and not utterance.must_be_rejected:
            judged[ALL, utterance.condition, mode].append(judgement)
    groups = {
        f"{who}, {mode}": confusions(
            one.errors
            for (name, _, how), cases in judged.items()
            if how == mode and name != ALL and name.startswith("human") == (who == "people")
            for one in cases
            if one.errors is not None
        )
        for who in ("people", "held-out voices")
        for mode in (LIST, FREE)
    }
    cpu = sum(one.cpu_seconds for one in heard)
    return ModelReport(
        model,
        [_result(key, cases) for key, cases in sorted(judged.items())],
        machine,
        cpu / (sum(one.decoded_seconds for one in heard) or 1),
        cpu / (sum(one.heard_seconds for one in heard) or 1),
        groups,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    voice: str
    said: str
    heard: str
    right: bool
    exact: bool
    errors: Errors | None
    cpu_seconds: float
    decoded_seconds: float


def _judge(one: HeardTask, question: BenchQuestion) -> _Judged:
    utterance = one.task.utterance
    right = question.meaning(one.text, one.alternatives) == utterance.meaning
    costs = (one.cpu_seconds, one.decoded_seconds)
    heard = [word for word in words(one.text.replace(UNKNOWN, " ")) if word]
    if utterance.must_be_rejected:
        return _Judged(utterance.voice, utterance.text, one.text, right, not heard, None, *costs)
    errors = align(words(utterance.text), heard)
    return _Judged(utterance.voice, utterance.text, one.text, right, not errors.count, errors, *costs)


def _result(key: tuple[str, str, str], cases: list[_Judged]) -> Result:
    by_voice: dict[str, list[_Judged]] = defaultdict(list)
    for case in cases:
        by_voice[case.voice].append(case)
    return Result(
        *key,
        right=Share(sum(case.right for case in cases), len(cases)),
        exact=Share(sum(case.exact for case in cases), len(cases)),
        word_error=word_error([case.errors for case in cases if case.errors is not None]),
        by_voice={voice: Share(sum(case.right for case in own), len(own)) for voice, own in by_voice.items()},
        real_time_factor=sum(case.cpu_seconds for case in cases) / (sum(case.decoded_seconds for case in cases) or 1),
        wrong=[] if key[0] == ALL else [(case.voice, case.said, case.heard) for case in cases if not case.right][:40],
    )


def run_facts(command: str, versions: Mapping[str, str], audio_seconds: float) -> dict[str, Any]:
    """Describe the run: when, on what, of what."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": {"cores": os.cpu_count(), "processor": _processor(), "python": platform.python_version()},
        "packages": dict(versions),
        "audio_seconds": round(audio_seconds),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
