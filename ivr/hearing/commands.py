"""`yulia hear`: what the line would understand of a recording."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import structlog
import typer

from asr_models.assembly import load_hearing, load_recogniser
from asr_models.port import FREE_SPEECH, SAMPLE_RATE_HZ, ModelInvalid, PhraseList, RecognitionError
from asr_models.recording import RecordingUnreadable, read_recording
from ivr.hearing.questions import QuestionKind, question_of
from ivr.hearing.recordings import Engine, Understood, hear_answer, hear_whole
from ivr.line.state import StateFolders, default_state_dir
from ivr.settings import Settings

Hear = Callable[[bytes], Awaitable[Understood]]


@dataclass(frozen=True, slots=True)
class HeardRecording:
    """What was understood of one file."""

    file: str
    seconds: float = 0.0  # length of the recording
    understood: Understood | None = None
    error: str | None = None  # why it could not be heard

    def as_json(self) -> str:
        """Write one line."""
        understood = asdict(self.understood or Understood("", 0.0))
        understood["confidence"] = round(understood["confidence"], 3)
        fields = {"file": self.file, **understood, "seconds": self.seconds}
        return json.dumps(fields if self.error is None else fields | {"error": self.error}, ensure_ascii=False)

    def as_text(self) -> str:
        """Write one line for people."""
        if self.understood is None:
            return f"{self.file}: {self.error}"
        digits = f" = {self.understood.digits}" if self.understood.digits else ""
        others = f"  or: {' | '.join(self.understood.alternatives)}" if self.understood.alternatives else ""
        heard = f"{self.understood.text or '(nothing)'}{digits}"
        return f"{self.file}: {heard}  [{self.understood.confidence:.2f}, {self.seconds:.1f} s]{others}"


def hear(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="WAV (PCM, A-law, µ-law), .al, .ul, .sln; by ffmpeg any other."),
    ],
    question: Annotated[
        QuestionKind | None,
        typer.Option(help="Hear the answer to this question as the line does, up to where it would take it."),
    ] = None,
    phrases: Annotated[
        Path | None,
        typer.Option(help="Hear the whole recording with a phrase list, one phrase a line; other speech is \\[unk]."),
    ] = None,
    free: Annotated[
        bool, typer.Option("--free", help="Hear the whole recording with the model's whole vocabulary (default).")
    ] = False,
    channel: Annotated[
        int | None, typer.Option(min=1, help="Which channel, from 1; without it they are mixed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    model: Annotated[
        Path | None, typer.Option(help="Vosk model folder for all questions instead of the line's models.")
    ] = None,
) -> None:
    """Hear recordings with the line's models: what would it understand? Exit code 1 when a file cannot be heard."""
    if sum((question is not None, phrases is not None, free)) > 1:
        raise typer.BadParameter("--question, --phrases and --free exclude each other")
    # What fails stands in the file's line; the log would stand between the lines.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    settings = Settings()
    try:
        phrase_list = FREE_SPEECH if phrases is None else PhraseList(_read_phrases(phrases))
        recogniser = _load(settings, model)
    except (OSError, UnicodeDecodeError, ModelInvalid) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if lacking := recogniser.vocabulary_lacks(phrase_list):
        typer.echo(f"the model lacks: {', '.join(lacking)}", err=True)

    async def hear_one(pcm16: bytes) -> Understood:
        if question is None:
            return await hear_whole(recogniser, phrase_list, pcm16)
        return await hear_answer(recogniser, question_of(question, settings.dialogue), pcm16, settings.listening)

    if not asyncio.run(_report(recogniser, hear_one, files, channel, as_json=as_json)):
        raise typer.Exit(1)


async def hear_recordings(hear: Hear, files: Sequence[Path], channel: int | None) -> AsyncIterator[HeardRecording]:
    """Hear one file after another; a file that cannot be heard carries its error."""
    for file in files:
        try:
            pcm16 = await asyncio.to_thread(read_recording, file, channel)
            understood = await hear(pcm16)
        except (RecordingUnreadable, RecognitionError) as error:
            yield HeardRecording(str(file), error=str(error))
        else:
            yield HeardRecording(str(file), round(len(pcm16) / 2 / SAMPLE_RATE_HZ, 3), understood)


async def _report(recogniser: Engine, hear: Hear, files: Sequence[Path], channel: int | None, *, as_json: bool) -> bool:
    all_heard = True
    try:
        async for heard in hear_recordings(hear, files, channel):
            all_heard = all_heard and heard.error is None
            typer.echo(heard.as_json() if as_json else heard.as_text())
            sys.stdout.flush()
    finally:
        await recogniser.close()
    return all_heard


def _load(settings: Settings, model: Path | None) -> Engine:
    if model is not None:
        folders = {"model_dir": model, "digits_model_dir": model, "open_model_dir": model, "engine": "vosk"}
        return load_recogniser(settings.hearing.model_copy(update=folders))
    state = StateFolders((settings.line.state_dir or default_state_dir()).absolute())
    hearing = load_hearing(settings.hearing, state.models)
    for problem in hearing.problems:
        typer.echo(problem, err=True)
    if hearing.recogniser is None:
        raise typer.Exit(2)
    return hearing.recogniser


def _read_phrases(file: Path) -> tuple[str, ...]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
