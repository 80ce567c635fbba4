"""`yulia hear`: what the line would understand of a recording."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from asr_models.port import FREE_SPEECH, SAMPLE_RATE_HZ, ModelInvalid, PhraseList, RecognitionError
from asr_models.recording import RecordingUnreadable, read_recording
from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser

app = typer.Typer(help="Hearing.")

_FEED_BYTES = SAMPLE_RATE_HZ * 2  # one second at a time


@dataclass(frozen=True, slots=True)
class HeardRecording:
    """What was understood of one file."""

    file: str
    text: str
    confidence: float  # 0..1
    seconds: float  # length of the recording
    error: str | None = None  # why it could not be heard


@app.command()
def hear(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="PCM WAV files of any rate.")],
    phrases: Annotated[
        Path | None, typer.Option(help="Phrase list, one phrase a line; what is outside it is heard as \\[unk].")
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="Free speech: the model's whole vocabulary (default).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    model: Annotated[Path | None, typer.Option(help="Vosk model folder instead of the bundled one.")] = None,
) -> None:
    """Hear recordings as the line would, with a phrase list or freely."""
    if free and phrases is not None:
        raise typer.BadParameter("--free and --phrases exclude each other")
    try:
        phrase_list = FREE_SPEECH if phrases is None else PhraseList(_read_phrases(phrases))
        recogniser = VoskRecogniser(HearingSettings(model_dir=model))
    except (OSError, UnicodeDecodeError, ModelInvalid) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if lacking := recogniser.vocabulary_lacks(phrase_list):
        typer.echo(f"the model lacks: {', '.join(lacking)}", err=True)
    if not asyncio.run(_report(recogniser, files, phrase_list, as_json=as_json)):
        raise typer.Exit(1)


async def hear_recordings(
    recogniser: VoskRecogniser, files: Sequence[Path], phrases: PhraseList
) -> AsyncIterator[HeardRecording]:
    """Hear one file after another; a file that cannot be heard carries its error."""
    for file in files:
        try:
            audio = await asyncio.to_thread(read_recording, file)
            stream = recogniser.open_stream(phrases)
            try:
                for place in range(0, len(audio), _FEED_BYTES):
                    stream.feed(audio[place : place + _FEED_BYTES])
                    await stream.decoded()
                heard = await stream.finish()
            finally:
                stream.cancel()
        except (RecordingUnreadable, RecognitionError) as error:
            yield HeardRecording(str(file), "", 0.0, 0.0, str(error))
        else:
            seconds = round(len(audio) / 2 / SAMPLE_RATE_HZ, 3)
            yield HeardRecording(str(file), heard.text, round(heard.confidence, 3), seconds)


async def _report(recogniser: VoskRecogniser, files: Sequence[Path], phrases: PhraseList, *, as_json: bool) -> bool:
    all_heard = True
    try:
        async for heard in hear_recordings(recogniser, files, phrases):
            all_heard = all_heard and heard.error is None
            if as_json:
                fields = {key: value for key, value in asdict(heard).items() if key != "error" or value is not None}
                typer.echo(json.dumps(fields, ensure_ascii=False))
            else:
                told = heard.error or f"{heard.text or '(nothing)'}  [{heard.confidence:.2f}, {heard.seconds:.1f} s]"
                typer.echo(f"{heard.file}: {told}")
            sys.stdout.flush()
    finally:
        await recogniser.close()
    return all_heard


def _read_phrases(file: Path) -> tuple[str, ...]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
