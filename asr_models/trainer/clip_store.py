"""All aligned clips, their sound mapped from one file that every process shares."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import AlignedClip, BankClip, read_index, read_pcm
from asr_models.trainer.labels import read_words

ALIGNMENTS = "alignments.tsv"
_SOUND = "sound.f32"
_LENGTHS = "sound.tsv"


def join_sound(work_dir: Path, report: Callable[[str, float], None]) -> None:
    """Write the sound of all aligned clips into one file of floats."""
    folder = work_dir / "alignments"
    clips = _aligned_bank_clips(work_dir)
    partial = folder / "sound.partial"
    lengths = []
    with partial.open("wb") as file:
        for number, (clip, _) in enumerate(clips, start=1):
            pcm = read_pcm(clip.wav_path(work_dir / "speech"))
            file.write(pcm.tobytes())
            lengths.append(f"{clip.id}\t{len(pcm)}\n")
            if number % 500 == 0:
                report("joining the clips", number / len(clips))
    os.replace(partial, folder / _SOUND)
    (folder / _LENGTHS).write_text("".join(lengths), encoding="utf-8")


def load_clips(work_dir: Path) -> list[AlignedClip]:
    """Load all aligned clips; their samples stay on disk until they are used."""
    folder = work_dir / "alignments"
    sound: NDArray[np.float32] = np.memmap(folder / _SOUND, dtype=np.float32, mode="r")
    starts: dict[str, tuple[int, int]] = {}
    place = 0
    for line in (folder / _LENGTHS).read_text(encoding="utf-8").splitlines():
        clip_id, _, length = line.partition("\t")
        starts[clip_id] = (place, place + int(length))
        place += int(length)
    return [
        AlignedClip(clip.id, clip.voice, sound[slice(*starts[clip.id])], read_words(words))
        for clip, words in _aligned_bank_clips(work_dir)
    ]


def _aligned_bank_clips(work_dir: Path) -> list[tuple[BankClip, str]]:
    by_id = {clip.id: clip for clip in read_index(work_dir / "speech")}
    lines = (work_dir / "alignments" / ALIGNMENTS).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines)
    return [(by_id[clip_id], words) for clip_id, _, words in pairs]
