"""`yulia speech`: try the voice out, check recordings, render notices and music on hold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from tts.assembly import prompt_speech
from tts.hold_music import write_hold_music
from tts.port import Speech, SpeechError
from tts.recordings import SHIPPED_DIR, load_recordings
from tts.render_notices import render_notices
from tts.settings import SpeechSettings
from tts.telephone_audio import speech_level_dbfs
from tts.wav import wav_bytes

app = typer.Typer(help="Try the voice out, check recordings, render notices and music on hold.", no_args_is_help=True)
_console = Console()

Engine = Annotated[
    Literal["auto", "rhvoice", "pyttsx3"],
    typer.Option(help="auto takes RHVoice where it is installed, pyttsx3 (espeak-ng) otherwise."),
]
RHVoiceDir = Annotated[Path | None, typer.Option("--rhvoice-dir", help="Private RHVoice folder made by the set-up.")]
Folder = Annotated[Path, typer.Argument(help="Folder with <id>.wav files.", exists=True, file_okay=False)]


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What to say, in Russian.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="WAV file to write, 8 kHz, as a caller hears it.")],
    engine: Engine = "auto",
    rhvoice_dir: RHVoiceDir = None,
) -> None:
    """Speak a text into a WAV file, just as the line would."""
    settings = SpeechSettings(engine=engine, rhvoice_dir=rhvoice_dir)
    try:
        speech, engine_name = asyncio.run(_spoken(text, settings))
    except SpeechError as error:
        _console.print(f"[red]Cannot speak:[/red] {error}")
        raise typer.Exit(1) from error
    output.write_bytes(wav_bytes(speech))
    _console.print(f"{output}: {speech.seconds:.2f} s, {speech_level_dbfs(speech):.1f} dBFS, spoken by {engine_name}")


@app.command()
def check(folder: Folder) -> None:
    """Check own recordings: each file that cannot be used, and why."""
    recordings = load_recordings(folder, level_dbfs=SpeechSettings().level_dbfs)
    for fault in recordings.faults:
        _console.print(f"[red]not usable[/red] {fault.reason}")
    _console.print(f"{len(recordings.ids)} usable, {len(recordings.faults)} not")
    if recordings.faults:
        raise typer.Exit(1)


@app.command()
def notices(
    folder: Annotated[Path, typer.Option(help="Where to write them.")] = SHIPPED_DIR,
    engine: Engine = "auto",
    rhvoice_dir: RHVoiceDir = None,
) -> None:
    """Render the notices that need no synthesis again."""
    settings = SpeechSettings(engine=engine, rhvoice_dir=rhvoice_dir)
    try:
        for path in asyncio.run(render_notices(settings, folder)):
            _console.print(path)
    except SpeechError as error:
        _console.print(f"[red]Cannot speak:[/red] {error}")
        raise typer.Exit(1) from error


@app.command("hold-music")
def hold_music(
    output: Annotated[Path, typer.Option("--output", "-o", help="WAV file to write.")],
) -> None:
    """Write the music on hold, 48 s that loop without a seam."""
    write_hold_music(output)
    _console.print(output)


async def _spoken(text: str, settings: SpeechSettings) -> tuple[Speech, str]:
    speech = prompt_speech(settings)
    try:
        spoken = await speech.speech_for(text)
    finally:
        await speech.close()
    return spoken, ", ".join(speech.counters.spoken_by_engine) or "nobody: the text has no word"
