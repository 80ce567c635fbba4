"""Stage `people`: recordings of real people, in any language but the one to be tested on, cut into clips.

A folder a speaker, in it any files that libsndfile or ffmpeg read. What is said need not be known: see `imitation`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from asr_models.trainer.clips import BANK_RATE_HZ, AlignedClip
from asr_models.trainer.labels import outside_word
from asr_models.trainer.workers import run_pieces

_SOUND = "sound.f32"
_INDEX = "index.tsv"
_BLOCK = 320  # samples: 20 ms
_LOUD_DB = -32.0  # below a recording's loudest speech: quieter is a pause
_KEPT_BLOCKS = 4  # around speech
_FAINTEST_RMS = 3e-3  # of full scale: a recording quieter than this is empty
_SHORTEST_BLOCKS, _LONGEST_BLOCKS = 12, 600
_PAUSE_BLOCKS = 8
_FILES_AT_ONCE = 40

Samples = NDArray[np.float32]


class PeopleUnreadable(Exception):
    """The folder of recordings cannot serve; the message says why."""


@dataclass(frozen=True, slots=True)
class _Files:
    speaker: str
    paths: tuple[Path, ...]


def people_dir(work_dir: Path) -> Path:
    """Name the folder of the clips."""
    return work_dir / "people"


def cut_people(
    source_dir: Path,
    work_dir: Path,
    processes: int,
    report: Callable[[str, float], None] = lambda what, fraction: None,
) -> int:
    """Cut all recordings into clips of at most 12 s without long silence around them; gives their number.

    Raises:
        PeopleUnreadable: no folder of recordings, or ffmpeg reads nothing in it.
    """
    pieces = list(_pieces(source_dir))
    if not pieces:
        raise PeopleUnreadable(f"{source_dir}: no folders of recordings, one a speaker")
    folder = people_dir(work_dir)
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    partial = folder / "sound.partial"
    with partial.open("wb") as sound:
        for done, clips in enumerate(run_pieces(_clips, pieces, processes), start=1):
            for speaker, samples in clips:
                sound.write(samples.tobytes())
                lines.append(f"{speaker}\t{len(samples)}\n")
            report("reading people", done / len(pieces))
    if not lines:
        raise PeopleUnreadable(f"{source_dir}: ffmpeg read no speech in it; is ffmpeg installed?")
    os.replace(partial, folder / _SOUND)
    (folder / _INDEX).write_text("".join(lines), encoding="utf-8")
    return len(lines)


def load_people(work_dir: Path) -> list[AlignedClip]:
    """Load all clips; each is one word of unknown speech. Their samples stay on disk until they are used."""
    folder = people_dir(work_dir)
    sound: NDArray[np.float32] = np.memmap(folder / _SOUND, dtype=np.float32, mode="r")
    clips, start = [], 0
    for number, line in enumerate((folder / _INDEX).read_text(encoding="utf-8").splitlines()):
        speaker, _, length = line.partition("\t")
        end = start + int(length)
        word = outside_word(0.0, int(length) / BANK_RATE_HZ)
        clips.append(AlignedClip(f"{speaker}-{number}", speaker, sound[start:end], (word,)))
        start = end
    return clips


def _pieces(source_dir: Path) -> list[_Files]:
    speakers = sorted(folder for folder in source_dir.iterdir() if folder.is_dir()) if source_dir.is_dir() else []
    return [
        _Files(folder.name, tuple(files[first : first + _FILES_AT_ONCE]))
        for folder in speakers
        for files in [sorted(path for path in folder.rglob("*") if path.is_file())]
        for first in range(0, len(files), _FILES_AT_ONCE)
    ]


def _clips(files: _Files) -> list[tuple[str, Samples]]:
    return [(files.speaker, clip) for path in files.paths for clip in cut(_decoded(path))]


def _decoded(path: Path) -> Samples:
    try:
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:  # GSM, G.722, MP4; a text, a picture
        return _decoded_by_ffmpeg(path)
    common = gcd(BANK_RATE_HZ, rate_hz)
    mono = scipy.signal.resample_poly(sound.mean(axis=1), BANK_RATE_HZ // common, rate_hz // common)
    return np.asarray(mono, np.float32)


def _decoded_by_ffmpeg(path: Path) -> Samples:
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1", "-i", str(path)]
    command += ["-ac", "1", "-ar", str(BANK_RATE_HZ), "-f", "f32le", "-"]
    try:
        decoded = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return np.zeros(0, np.float32)
    return np.frombuffer(decoded, "<f4")


def cut(samples: Samples) -> list[Samples]:
    """Take speech out of a recording, 16 kHz; a long one is cut at its quietest places."""
    blocks = samples[: len(samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    if len(blocks) < _SHORTEST_BLOCKS:
        return []
    levels = np.sqrt(np.mean(np.square(blocks, dtype=np.float64), axis=1))
    loudest = float(np.percentile(levels, 98))
    if loudest < _FAINTEST_RMS:
        return []
    loud = np.flatnonzero(levels > loudest * 10 ** (_LOUD_DB / 20))
    start, end = max(0, loud[0] - _KEPT_BLOCKS), min(len(levels), loud[-1] + 1 + _KEPT_BLOCKS)
    clips = []
    while end - start >= _SHORTEST_BLOCKS:
        until = end
        if end - start > _LONGEST_BLOCKS:
            from_block = start + _LONGEST_BLOCKS * 2 // 3
            around = np.convolve(levels[from_block : start + _LONGEST_BLOCKS], np.ones(_PAUSE_BLOCKS), "valid")
            until = from_block + int(around.argmin()) + _PAUSE_BLOCKS // 2
        clips.append(samples[start * _BLOCK : until * _BLOCK])
        start = until
    return clips
