"""The bench's audio: each set is made once and kept under the digest of all that it depends on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

from bench.asr.channel import CONDITIONS, Condition, Pcm16, babble_of, through
from bench.asr.human import HumanUtterance, human_utterances, read_clips
from bench.asr.questions import BenchQuestion
from bench.asr.said import Said, utterances
from bench.asr.voices import RATES, SOURCE_RATE_HZ, Samples, held_out_voices, spoken
from bench.debian_packages import CACHE, PackageMissing
from tts.rhvoice_engine import RHVoiceFiles

FORMAT = 9
"""Counted up when the making of the audio changes, so that old caches are not used."""
FOLDER = CACHE / "asr"
_CLIPS_PER_TASK = 60
_EVERYDAY_ONLY = ("outside", "human_outside")
"""Sets that are not tried in the conditions that only a share of the utterances is tried in."""

Step = Callable[[str, int, int], object]
"""Hears of progress: what, done, of how many."""


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
    file: str  # 8 kHz, 16 bits
    start: int  # samples
    count: int


@dataclass(frozen=True, slots=True)
class BenchAudio:
    """All utterances."""

    utterances: tuple[Utterance, ...]
    versions: Mapping[str, str]  # of the packages that recordings came from

    @property
    def seconds(self) -> float:
        """Return the length of it all."""
        return sum(utterance.count for utterance in self.utterances) / 8000


def bench_audio(questions: Mapping[str, BenchQuestion], tell: Callable[[str], object], step: Step) -> BenchAudio:
    """Return the audio; what is not there yet is made. `tell` hears remarks.

    Raises:
        PackageMissing: neither voices nor recordings can be had.
    """
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
    sets: dict[str, list[Said | HumanUtterance]] = defaultdict(list)
    for one in (*said, *people):
        sets[one.set].append(one)
    folders = {name: FOLDER / f"{name}-{_digest(ones, versions)}" for name, ones in sets.items()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be making the same
        missing = {name: ones for name, ones in sets.items() if not folders[name].is_dir()}
        if missing:
            clips = _clips([one for ones in missing.values() for one in ones], files, step)
            babble = _babble(sets["outside"] or sets["human_outside"], clips, files, step)
            _write({folders[name]: ones for name, ones in missing.items()}, clips, babble, step)
    found = (
        Utterance(**entry, file=str(folder / "audio.pcm"))
        for folder in folders.values()
        for entry in json.loads((folder / "index.json").read_text(encoding="utf-8"))
    )
    return BenchAudio(tuple(found), versions)


def _digest(ones: Sequence[Said | HumanUtterance], versions: Mapping[str, str]) -> str:
    people = any(isinstance(one, HumanUtterance) for one in ones)
    recipe = [FORMAT, [asdict(one) for one in ones], [asdict(condition) for condition in CONDITIONS]]
    recipe.append(sorted(versions.values()) if people else list(RATES))
    return hashlib.sha256(json.dumps(recipe, ensure_ascii=False, default=str).encode()).hexdigest()[:16]


def _clips(ones: Sequence[Said | HumanUtterance], files: RHVoiceFiles | None, step: Step) -> dict[str, Samples]:
    """Speak or read utterances; return them by id, at 16 kHz."""
    said = [one for one in ones if isinstance(one, Said)]
    people = [one for one in ones if isinstance(one, HumanUtterance)]
    clips = dict(zip((one.id for one in said), _spoken(said, files, step) if files else (), strict=True))
    read = read_clips(people, partial(step, "reading recordings of people")) if people else ()
    return clips | dict(zip((one.id for one in people), read, strict=True))


def _spoken(said: Sequence[Said], files: RHVoiceFiles, step: Step) -> list[Samples]:
    wanted: dict[tuple[str, float, str], None] = {}
    rates = [Random(one.id).choice(RATES) for one in said]
    for one, rate in zip(said, rates, strict=True):
        wanted |= dict.fromkeys((one.voice, rate, group) for group in one.groups)
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        step("speaking with held-out voices", done, len(wanted))

    clips = dict(zip(wanted, spoken(list(wanted), files, told), strict=True))
    return [
        _joined([clips[one.voice, rate, group] for group in one.groups], one.pauses_seconds)
        for one, rate in zip(said, rates, strict=True)
    ]


def _joined(groups: list[Samples], pauses_seconds: Iterable[float]) -> Samples:
    parts = [groups[0]]
    for group, pause in zip(groups[1:], pauses_seconds, strict=True):
        parts += [np.zeros(int(pause * SOURCE_RATE_HZ), dtype=np.float32), group]
    return np.concatenate(parts)


def _babble(
    outside: Sequence[Said | HumanUtterance], clips: Mapping[str, Samples], files: RHVoiceFiles | None, step: Step
) -> Samples:
    """Return the murmur of a room, always of the same speech beside the point."""
    file = FOLDER / f"babble-{_digest(outside, {})}.npy"
    if not file.exists():
        known = [one for one in outside if one.id in clips]
        parts = clips if len(known) == len(outside) else _clips(outside, files, step)
        with tempfile.NamedTemporaryFile(dir=FOLDER, suffix=".npy", delete=False) as unfinished:
            np.save(unfinished, babble_of([parts[one.id] for one in outside]))
        os.rename(unfinished.name, file)
    return np.load(file)


def _write(
    sets: Mapping[Path, Sequence[Said | HumanUtterance]], clips: Mapping[str, Samples], babble: Samples, step: Step
) -> None:
    jobs = [
        (folder, condition, part)
        for folder, ones in sets.items()
        for condition in CONDITIONS
        for part in _parts([one for one in ones if _is_tried(one, condition)])
    ]
    with tempfile.TemporaryDirectory(prefix="making-", dir=FOLDER) as work_name, ProcessPoolExecutor() as pool:
        work = Path(work_name)
        indices: dict[Path, list[dict[str, object]]] = {folder: [] for folder in sets}
        starts = dict.fromkeys(sets, 0)
        sent = ((condition, [(one.id, clips[one.id]) for one in part], babble) for _, condition, part in jobs)
        for number, ((folder, condition, part), lines) in enumerate(zip(jobs, pool.map(_channel, sent), strict=True)):
            (work / folder.name).mkdir(exist_ok=True)
            with (work / folder.name / "audio.pcm").open("ab") as audio:
                for one, line in zip(part, lines, strict=True):
                    audio.write(line.astype("<i2").tobytes())
                    indices[folder].append(_entry(one, condition, starts[folder], len(line)))
                    starts[folder] += len(line)
            step("sending it through telephone lines", number + 1, len(jobs))
        for folder, index in indices.items():
            file = work / folder.name / "index.json"
            file.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
            os.rename(work / folder.name, folder)


def _parts(ones: list[Said | HumanUtterance]) -> Iterable[list[Said | HumanUtterance]]:
    return (ones[place : place + _CLIPS_PER_TASK] for place in range(0, len(ones), _CLIPS_PER_TASK))


def _entry(one: Said | HumanUtterance, condition: Condition, start: int, count: int) -> dict[str, object]:
    names = ("id", "set", "question", "voice", "text", "meaning", "must_be_rejected")
    entry = {name: getattr(one, name) for name in names}
    return entry | {"condition": condition.name, "start": start, "count": count}


def _is_tried(one: Said | HumanUtterance, condition: Condition) -> bool:
    if condition.share < 1 and one.set in _EVERYDAY_ONLY:
        return False
    drawn = int.from_bytes(hashlib.sha256(f"{condition.name} {one.id}".encode()).digest()[:4], "big") / 2**32
    return drawn < condition.share


def _channel(job: tuple[Condition, list[tuple[str, Samples]], Samples]) -> list[Pcm16]:
    return through(*job)
