"""Stage `speech`: synthesise the bank of clean clips that the model learns from; resumes where it stopped."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from asr_models.trainer.clips import BANK_RATE_HZ, BankClip, Kind
from asr_models.trainer.rhvoice_library import RHVoiceEngine
from asr_models.trainer.synthesisers import EspeakEngine, EspeakVoice, FestivalVoice, RuTtsVoice
from asr_models.trainer.texts import SpokenText, TextMaker
from asr_models.trainer.timbre import Timbre, with_timbre
from asr_models.trainer.voice_port import Manner, Synthesiser
from asr_models.trainer.voices import VoicePlan, voice_plans

_BATCH_CLIPS = 64
_SHARES: dict[Kind, float] = {
    "word": 0.2,
    "digits": 0.11,
    "number": 0.12,
    "date": 0.09,
    "phrase": 0.2,
    "sentence": 0.2,
    "outside": 0.08,
}
_EDGE_SECONDS = 0.08
_PEAK = 0.7


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A clip to be made: what is said and how."""

    clip: BankClip
    manner: Manner


@dataclass(frozen=True, slots=True)
class Batch:
    """Some clips of one voice."""

    plan: VoicePlan
    clips: tuple[PlannedClip, ...]


def batches(scale: float = 1.0, seed: int = 1) -> Iterator[Batch]:
    """Plan the whole bank: always the same for the same scale (of the number of clips) and seed."""
    for plan in voice_plans():
        random = Random(f"{seed} {plan.name}")
        texts = _texts(plan, round(plan.clips * scale), random)
        planned = []
        for text in texts:
            rate, pitch = random.triangular(*plan.rates), random.triangular(*plan.pitches)
            manner = Manner(text.spoken, rate, pitch, text.language)
            # What is in a file is in its name: a changed plan never takes an old clip for a new text.
            clip_id = sha256(f"{plan} {text} {manner}".encode()).hexdigest()[:10]
            planned.append(PlannedClip(BankClip(clip_id, plan.name, text.kind, text.text), manner))
        for start in range(0, len(planned), _BATCH_CLIPS):
            yield Batch(plan, tuple(planned[start : start + _BATCH_CLIPS]))


def synthesise_bank(
    work: Path, rhvoice_root: Path, *, processes: int = 2, scale: float = 1.0
) -> Iterator[tuple[int, int]]:
    """Make the clips that are missing and write the index; yield (batches done, batches in all).

    Raises:
        SynthesiserMissing: a synthesiser or voice is not installed.
    """
    speech_dir = work / "speech"
    speech_dir.mkdir(parents=True, exist_ok=True)
    planned = list(batches(scale))
    random = Random(1)
    order = list(planned)
    random.shuffle(order)  # a bank that is stopped half-way has something of every voice
    make = partial(make_batch, speech_dir=speech_dir, rhvoice_root=rhvoice_root)
    with ProcessPoolExecutor(processes) as pool:
        for done, _ in enumerate(pool.map(make, order), start=1):
            if done % 10 == 0 or done == len(order):
                write_index(speech_dir, planned)
            yield done, len(order)


def write_index(speech_dir: Path, planned: list[Batch]) -> int:
    """List the clips that are there; return how many."""
    lines = [
        f"{clip.id}\t{clip.voice}\t{clip.kind}\t{clip.text}\n"
        for batch in planned
        for clip in (planned_clip.clip for planned_clip in batch.clips)
        if clip.wav_path(speech_dir).exists()
    ]
    new = speech_dir / "index.tsv.new"
    new.write_text("".join(lines), encoding="utf-8")
    new.replace(speech_dir / "index.tsv")
    return len(lines)


def make_batch(batch: Batch, *, speech_dir: Path, rhvoice_root: Path) -> int:
    """Synthesise the clips of a batch that are not there yet; return how many were made."""
    missing = [planned for planned in batch.clips if not planned.clip.wav_path(speech_dir).exists()]
    if not missing:
        return 0
    synthesiser = _synthesiser(batch.plan, rhvoice_root)
    made = 0
    for planned, speech in zip(missing, synthesiser.speak([p.manner for p in missing]), strict=True):
        trimmed = trim(speech)
        if not _plausible(trimmed, planned.clip):
            continue
        if batch.plan.timbre is not None:
            trimmed = with_timbre(trimmed, _varied(batch.plan.timbre, planned.clip.id))
        _write(planned.clip.wav_path(speech_dir), trimmed)
        made += 1
    return made


def trim(speech: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut silence at both ends down to a short edge."""
    frame = BANK_RATE_HZ // 100
    count = len(speech) // frame
    if count == 0:
        return speech[:0]
    loudness = np.sqrt(np.mean(speech[: count * frame].reshape(count, frame) ** 2, axis=1))
    loud = np.flatnonzero(loudness > 0.01 * loudness.max())
    if len(loud) == 0:
        return speech[:0]
    edge = int(_EDGE_SECONDS * BANK_RATE_HZ)
    return speech[max(0, loud[0] * frame - edge) : (loud[-1] + 1) * frame + edge]


def _plausible(speech: NDArray[np.float64], clip: BankClip) -> bool:
    """Refuse what is too short or too long for its letters (a failed or spelled-out text), or broken."""
    seconds = len(speech) / BANK_RATE_HZ
    letters = len(clip.text.replace(" ", ""))
    return 0.08 + 0.018 * letters <= seconds <= 2.5 + 0.35 * letters and bool(np.isfinite(speech).all())


def _texts(plan: VoicePlan, count: int, random: Random) -> list[SpokenText]:
    maker = TextMaker(random)
    if plan.foreign:
        return [maker.make("foreign") for _ in range(count)]
    texts = maker.core_words(plan.core_rounds)[:count]
    kinds = random.choices(list(_SHARES), list(_SHARES.values()), k=count - len(texts))
    return texts + [maker.make(kind) for kind in kinds]


def _varied(timbre: Timbre, clip_id: str) -> Timbre:
    """Vary a speaker a little from one sentence to the next."""
    random = Random(clip_id)
    return Timbre(
        pitch=timbre.pitch * random.uniform(0.92, 1.09),
        formants=timbre.formants * random.uniform(0.98, 1.02),
        liveliness=timbre.liveliness * random.uniform(0.7, 1.3),
        breath=timbre.breath,
    )


@lru_cache(maxsize=1)
def _rhvoice(root: Path) -> RHVoiceEngine:
    return RHVoiceEngine(root)


@lru_cache(maxsize=1)
def _espeak() -> EspeakEngine:
    return EspeakEngine()


def _synthesiser(plan: VoicePlan, rhvoice_root: Path) -> Synthesiser:
    match plan.synthesiser:
        case "rhvoice":
            return _rhvoice(rhvoice_root).voice(plan.speaker)
        case "espeak":
            return EspeakVoice(_espeak(), plan.speaker)
        case "festival":
            return FestivalVoice()
        case "ru_tts":
            return RuTtsVoice(woman=plan.speaker == "woman")


def _write(path: Path, speech: NDArray[np.float64]) -> None:
    path.parent.mkdir(exist_ok=True)
    pcm16 = np.round(speech * (_PEAK / (np.abs(speech).max() + 1e-9)) * 32767).astype("<i2")
    new = path.with_suffix(".new")
    with wave.open(str(new), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(BANK_RATE_HZ)
        file.writeframes(pcm16.tobytes())
    new.replace(path)
