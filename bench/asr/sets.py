"""The bench's audio: made once, kept under the digest of all that it depends on."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

from bench.asr.channel import CONDITIONS, Condition, Pcm16, babble_of, through
from bench.asr.human import human_utterances, read_clips
from bench.asr.questions import BenchQuestion
from bench.asr.said import Said, utterances
from bench.asr.voices import RATES, SOURCE_RATE_HZ, Samples, held_out_voices, spoken
from bench.debian_packages import CACHE, PackageMissing

FORMAT = 7
"""Counted up when the making of the audio changes, so that old caches are not used."""
_CLIPS_PER_TASK = 60
_EVERYDAY_ONLY = ("outside", "human_outside")
"""Sets that are not tried in the conditions that only a share of the utterances is tried in."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One piece of audio as the line gets it, and what is right."""

    id: str
    set: str
    condition: str
    question: str
    voice: str
    text: str  # what is said; "" when only known to be beside the point
    meaning: str
    must_be_rejected: bool
    start: int  # samples, in the audio of all
    count: int


@dataclass(frozen=True, slots=True)
class BenchAudio:
    """All utterances and the file of their audio: 8 kHz, 16 bits."""

    utterances: tuple[Utterance, ...]
    file: Path
    versions: Mapping[str, str]  # of the packages that recordings came from

    @property
    def seconds(self) -> float:
        """Return the length of it all."""
        return sum(utterance.count for utterance in self.utterances) / 8000


def bench_audio(
    questions: Mapping[str, BenchQuestion], tell: Callable[[str], object], step: Callable[[str, int, int], object]
) -> BenchAudio:
    """Return the audio, made the first time; `tell` hears remarks, `step` (what, done, of how many)."""
    said: list[Said] = []
    files = None
    try:
        voices, files = held_out_voices()
        said = list(utterances(voices, questions))
    except PackageMissing as error:
        tell(f"Held-out voices left out. {error}")
    people, versions = human_utterances(tell)
    if not said and not people:
        raise PackageMissing("there is nothing to listen to")
    recipe = [FORMAT, [asdict(one) for one in said], [asdict(condition) for condition in CONDITIONS], RATES]
    recipe += [sorted(versions.values()), [(human.id, human.meaning, human.parts) for human in people]]
    digest = hashlib.sha256(json.dumps(recipe, ensure_ascii=False, default=str).encode()).hexdigest()[:16]
    folder = CACHE / "asr" / digest
    if not folder.is_dir():
        clips: list[tuple[Said | object, Samples]] = []
        if files is not None:
            clips += zip(said, _spoken(said, files, step), strict=True)
        told = partial(step, "reading recordings of people")
        clips += zip(people, read_clips(people, told), strict=True)
        _write(folder, clips, step)
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return BenchAudio(tuple(Utterance(**entry) for entry in index), folder / "audio.pcm", versions)


def _spoken(said: list[Said], files: object, step: Callable[[str, int, int], object]) -> list[Samples]:
    wanted: dict[tuple[str, float, str], None] = {}
    rates = [Random(one.id).choice(RATES) for one in said]
    for one, rate in zip(said, rates, strict=True):
        wanted |= dict.fromkeys((one.voice, rate, group) for group in one.groups)
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        step("speaking with held-out voices", done, len(wanted))

    clips = dict(zip(wanted, spoken(list(wanted), files, told), strict=True))  # type: ignore[arg-type]
    return [
        _joined([clips[one.voice, rate, group] for group in one.groups], one.pauses_seconds)
        for one, rate in zip(said, rates, strict=True)
    ]


def _joined(groups: list[Samples], pauses_seconds: Iterable[float]) -> Samples:
    parts = [groups[0]]
    for group, pause in zip(groups[1:], pauses_seconds, strict=True):
        parts += [np.zeros(int(pause * SOURCE_RATE_HZ), dtype=np.float32), group]
    return np.concatenate(parts)


def _write(folder: Path, clips: list[tuple[object, Samples]], step: Callable[[str, int, int], object]) -> None:
    babble = babble_of([clip for one, clip in clips if one.set in ("outside", "human_outside", "sentence")])
    jobs = []
    for condition in CONDITIONS:
        chosen = [(one, clip) for one, clip in clips if _in_share(one.id, one.set, condition)]
        jobs += [
            (condition, chosen[place : place + _CLIPS_PER_TASK]) for place in range(0, len(chosen), _CLIPS_PER_TASK)
        ]
    folder.parent.mkdir(parents=True, exist_ok=True)
    index, start = [], 0
    with tempfile.TemporaryDirectory(prefix="making-", dir=folder.parent) as work_name:
        work = Path(work_name) / "new"
        work.mkdir()
        with (work / "audio.pcm").open("wb") as audio, ProcessPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(_channel, ((c, [(o.id, clip) for o, clip in part], babble) for c, part in jobs))
            for number, ((condition, part), lines) in enumerate(zip(jobs, results, strict=True), start=1):
                for (one, _), line in zip(part, lines, strict=True):
                    audio.write(line.astype("<i2").tobytes())
                    entry = Utterance(
                        *(one.id, one.set, condition.name, one.question, one.voice, one.text, one.meaning),
                        one.must_be_rejected,
                        start,
                        len(line),
                    )
                    index.append(asdict(entry))
                    start += len(line)
                step("sending it through telephone lines", number, len(jobs))
        (work / "index.json").write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
        os.rename(work, folder)


def _in_share(id: str, set_name: str, condition: Condition) -> bool:
    if condition.share < 1 and set_name in _EVERYDAY_ONLY:
        return False
    drawn = int.from_bytes(hashlib.sha256(f"{condition.name} {id}".encode()).digest()[:4], "big") / 2**32
    return drawn < condition.share


def _channel(job: tuple[Condition, list[tuple[str, Samples]], Samples]) -> list[Pcm16]:
    return through(*job)
