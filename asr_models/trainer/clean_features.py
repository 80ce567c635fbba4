"""The trunk's outputs on the clean clips, kept on disk in pieces that need not be computed again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from asr_models.trainer.clips import BankClip, read_pcm
from asr_models.trainer.korean_model import load_korean, trunk_weights
from asr_models.trainer.mfcc import mfcc
from asr_models.trainer.quiet import quiet_outputs
from asr_models.trainer.trunk import Trunk

_SHORTEST_OUTPUTS = 6


@dataclass(frozen=True, slots=True)
class CleanClip:
    """A clip as the aligner sees it."""

    id: str
    frames: NDArray[np.float16]  # [outputs + 2 * margin, width]
    quiet: NDArray[np.bool_]  # [outputs]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some clips that one process computes and keeps in one file."""

    clips: tuple[BankClip, ...]
    speech_dir: Path
    file: Path
    margin: int
    noise_level: float


def compute(piece: Piece) -> int:
    """Compute a piece's file, unless it is there; gives the number of its clips."""
    if not piece.file.is_file():
        trunk = trunk_with_margin(piece.margin)
        clips = [clip for bank_clip in piece.clips if (clip := _clean_clip(bank_clip, piece, trunk)) is not None]
        partial = piece.file.with_suffix(".partial.npz")
        np.savez(
            partial,
            ids=np.array([clip.id for clip in clips]),
            lengths=np.array([len(clip.quiet) for clip in clips], np.int64),
            frames=np.concatenate([clip.frames for clip in clips]) if clips else np.zeros((0, trunk.width), np.float16),
            quiet=np.concatenate([clip.quiet for clip in clips]) if clips else np.zeros(0, np.bool_),
        )
        os.replace(partial, piece.file)
    return len(piece.clips)


def load(file: Path, margin: int) -> list[CleanClip]:
    """Read a piece's file."""
    with np.load(file) as content:
        frames, quiet, clips = content["frames"], content["quiet"], []
        start = quiet_start = 0
        for clip_id, outputs in zip(content["ids"], content["lengths"], strict=True):
            end = start + int(outputs) + 2 * margin
            clips.append(CleanClip(str(clip_id), frames[start:end], quiet[quiet_start : quiet_start + int(outputs)]))
            start, quiet_start = end, quiet_start + int(outputs)
    return clips


def cut(clips: Sequence[BankClip], size: int) -> list[tuple[BankClip, ...]]:
    """Cut a list into pieces of a size."""
    return [tuple(clips[start : start + size]) for start in range(0, len(clips), size)]


@cache
def trunk_with_margin(margin: int) -> Trunk:
    """Load the frozen layers, once a process."""
    return Trunk(trunk_weights(load_korean()), margin)


def _clean_clip(bank_clip: BankClip, piece: Piece, trunk: Trunk) -> CleanClip | None:
    pcm = read_pcm(bank_clip.wav_path(piece.speech_dir))
    telephone = scipy.signal.resample_poly(pcm, 1, 2)
    seed = int.from_bytes(bank_clip.id.encode()[-4:], "big")
    telephone += np.random.default_rng(seed).standard_normal(len(telephone)) * piece.noise_level
    features = mfcc((telephone * 32767).astype(np.float32))
    outputs = -(-len(features) // 3)
    if outputs < _SHORTEST_OUTPUTS or not np.isfinite(features).all():
        return None
    return CleanClip(bank_clip.id, trunk(features), quiet_outputs(pcm, outputs))
