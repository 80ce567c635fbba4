"""Hearing the bench's audio as the line does: the gate cuts it, each piece has its looks, they are joined."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil

from asr_models.levelling import levelled
from asr_models.port import ModelInvalid, PhraseList
from asr_models.settings import HearingSettings
from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import FRAME_BYTES, SILENCE_DB
from asr_models.vosk_engine import VoskRecogniser
from bench.asr.sets import Utterance
from dialogs.engine.vocabulary import Question
from ivr.listening.pieces import Piece, joined
from ivr.listening.second_look import with_second_look

_PER_TASK = 24

_FINAL_LIMIT_SECONDS = 60.0  # what is measured is how well is heard; a busy machine must not end it


@dataclass(frozen=True, slots=True)
class Task:
    """One utterance to be heard in one way."""

    utterance: Utterance
    free: bool
    phrases: PhraseList
    question: Question | None = None  # whose answers are heard, second looks included; None: by the phrase list alone


@dataclass(frozen=True, slots=True)
class HeardTask:
    """What was understood, and what it cost."""

    task: Task
    text: str
    alternatives: tuple[str, ...]
    confidence: float
    cpu_seconds: float
    heard_seconds: float  # of the utterance's audio
    decoded_seconds: float  # of the audio that the gate let through


@dataclass(frozen=True, slots=True)
class Machine:
    """What one process with the model took."""

    load_seconds: float
    memory_mb: float  # resident, of the whole process


def hearing_settings(model: Path | None) -> HearingSettings:
    """Choose the graphs of a model folder: one with `phrases/` and `digits/`, or a single one for everything."""
    if model is None:
        return HearingSettings(threads=1, final_limit_seconds=_FINAL_LIMIT_SECONDS)
    folder = model.resolve()
    if (folder / "phrases").is_dir():
        return HearingSettings(
            model_dir=folder / "phrases",
            digits_model_dir=folder / "digits",
            threads=1,
            final_limit_seconds=_FINAL_LIMIT_SECONDS,
        )
    return HearingSettings(
        model_dir=folder, digits_model_dir=folder, threads=1, final_limit_seconds=_FINAL_LIMIT_SECONDS
    )


def hear_all(
    model: Path | None,
    tasks: Sequence[Task],
    told: Callable[[int], object],
    *,
    whole: bool,
    processes: int,
) -> tuple[list[HeardTask], Machine]:
    """Hear every task; in processes, each with one decoding thread. `told` hears how many more are done."""
    # Long and short ones mixed: by length, so that no process ends up with all the numbers.
    ordered = sorted(tasks, key=lambda task: -task.utterance.count)
    parts = [ordered[place : place + _PER_TASK] for place in range(0, len(ordered), _PER_TASK)]
    heard: list[HeardTask] = []
    machines: list[Machine] = []
    with ProcessPoolExecutor(
        processes or os.cpu_count(), mp_context=get_context("spawn"), initializer=_load, initargs=(model,)
    ) as pool:
        for done in as_completed([pool.submit(_hear_part, part, whole) for part in parts]):
            results, machine = done.result()
            heard += results
            machines.append(machine)
            told(len(results))
    load = sorted(machine.load_seconds for machine in machines)
    return heard, Machine(load[len(load) // 2], max(machine.memory_mb for machine in machines))


class _Process:
    """What a hearing process keeps between its tasks."""

    recogniser: VoskRecogniser
    refused: ModelInvalid | None = None
    load_seconds: float


def _load(model: Path | None) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    began = time.perf_counter()
    try:
        _Process.recogniser = VoskRecogniser(hearing_settings(model))
    except ModelInvalid as invalid:  # told by the first task: an initializer that fails breaks the pool without a word
        _Process.refused = invalid
    _Process.load_seconds = time.perf_counter() - began


def _hear_part(tasks: list[Task], whole: bool) -> tuple[list[HeardTask], Machine]:
    if _Process.refused is not None:
        raise _Process.refused
    heard = asyncio.run(_hear_tasks(tasks, whole=whole))
    return heard, Machine(_Process.load_seconds, psutil.Process().memory_info().rss / 1e6)


async def _hear_tasks(tasks: list[Task], *, whole: bool) -> list[HeardTask]:
    heard = []
    for task in tasks:
        utterance = task.utterance
        count = utterance.count
        samples = np.fromfile(utterance.file, dtype="<i2", count=count, offset=utterance.start * 2)
        dictation = task.phrases.dictation
        pieces = (
            [GatedUtterance(levelled(samples).tobytes())]
            if whole
            else list(gated(samples.tobytes(), dictation=dictation))
        )
        began = time.process_time()
        heard_pieces = [await _hear(piece, task) for piece in pieces]
        cpu_seconds = time.process_time() - began
        reading = joined(heard_pieces)
        heard.append(
            HeardTask(
                task,
                reading.text,
                reading.alternatives,
                reading.confidence,
                cpu_seconds,
                count / 8000,
                sum(len(piece.pcm16) for piece in pieces) / 16000,
            )
        )
    return heard


async def _hear(utterance: GatedUtterance, task: Task) -> Piece:
    recogniser = _Process.recogniser
    listener = recogniser if task.question is None else with_second_look(recogniser, task.question)
    assert listener is not None
    stream = listener.open_stream(task.phrases)
    try:
        for place in range(0, len(utterance.pcm16), 16000):
            stream.feed(utterance.pcm16[place : place + 16000])
            await recogniser.caught_up()
        piece = Piece(stream, await stream.finish(), closed=True)
    finally:
        stream.cancel()
    piece.frame_passed(utterance.periodic_frames, utterance.level_db)
    return piece


@dataclass(frozen=True, slots=True)
class GatedUtterance:
    """What the gate let through from one opening on."""

    pcm16: bytes
    periodic_frames: int = 0
    level_db: float = SILENCE_DB


def gated(pcm16: bytes, *, dictation: bool = False) -> Iterator[GatedUtterance]:
    """Cut audio into what the line's speech gate lets through, one utterance for each time it opens or restarts."""
    gate = SpeechGate(dictation=dictation)
    audio, periodic_frames, level_db = bytearray(), 0, SILENCE_DB
    for place in range(0, len(pcm16) - FRAME_BYTES + 1, FRAME_BYTES):
        was_open = gate.is_open
        heard = gate.take(pcm16[place : place + FRAME_BYTES])
        if gate.former_db is not None:
            yield GatedUtterance(bytes(audio), periodic_frames, gate.former_db)
            audio.clear()
        audio += heard
        if gate.is_open:
            periodic_frames, level_db = gate.periodic_frames, gate.utterance_db
        elif was_open:
            yield GatedUtterance(bytes(audio), periodic_frames, level_db)
            audio.clear()
    if audio:
        yield GatedUtterance(bytes(audio), periodic_frames, level_db)
