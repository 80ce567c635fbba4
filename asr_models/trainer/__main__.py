"""`python -m asr_models.trainer`: from nothing to a model folder, in one command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from asr_models.trainer.export import acoustic_model_of
from asr_models.trainer.korean_model import KoreanModelMissing, locate_model
from asr_models.trainer.pipeline import Undertaking, stages, with_options
from asr_models.trainer.recipe import Recipe
from asr_models.trainer.stages import Stage, StageBook

_STAGES = ("speech", "align", "features", "train", "calls", "people", "imitate", "tune", "sharpen", "export")
_LINE_SHARE = 0.05  # without a terminal a line is printed every so much of a stage

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command()
def main(
    work: Annotated[
        Path, typer.Option(help="Folder for everything that is made, some 10 GB with the defaults.")
    ] = Path(".yulia/trainer"),
    hours: Annotated[
        float | None, typer.Option(help="Hours of telephone speech for `train`; `tune` has half as many again.")
    ] = None,
    train_minutes: Annotated[
        float | None, typer.Option(help="Longest `train` and `tune`; the learning rate has come down by then.")
    ] = None,
    threads: Annotated[int, typer.Option(help="Processes and threads to use.")] = os.cpu_count() or 1,
    speech_scale: Annotated[
        float, typer.Option(help="Share of the planned clips to synthesise, e.g. 0.02 to try.")
    ] = 1.0,
    rhvoice: Annotated[
        Path, typer.Option(help="RHVoice with all free Russian voices: `RHVOICE_VOICES=all scripts/rhvoice.sh FOLDER`.")
    ] = Path(".yulia/rhvoice/usr"),
    from_model: Annotated[
        Path | None,
        typer.Option(help="A finished model folder to go on from, instead of `features` and `train`."),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(help="Recordings of real people in other languages, with --from-model: `python -m bench.people`."),
    ] = None,
    calls_seed: Annotated[
        int | None,
        typer.Option(help="Makes other calls of the same clips than the model was trained on before."),
    ] = None,
    measured: Annotated[Path | None, typer.Option(help="A Markdown table for the model card.")] = None,
    first: Annotated[str, typer.Option("--from", help="First stage to run; it runs even if nothing changed.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last stage to run.")] = _STAGES[-1],
) -> None:
    """Train the bundled Russian telephone model and write its folder, `WORK/model`.

    **speech** synthesises clean clips of phrases, numbers, dates and other speech with many voices.

    **align** finds every phone of the clips in time, starting from nothing but the texts.

    **features** makes telephone calls of the clips (speakers, tempo, rooms, noise, codecs, levels) and runs the frozen
    layers of the Korean Vosk model over them.

    **train** trains the Russian layers on top of those.

    **calls** makes more telephone calls, and **tune** trains all layers on them, the Korean ones more slowly.

    **people** and **imitate**, with `--people`, let real voices take part: whatever is said in them, what the finished
    model hears in their clean speech is what `tune` and `sharpen` want to hear in their calls.

    **sharpen** goes on by whole utterances: the right words against everything else that could be heard.

    **export** writes what Vosk loads: one acoustic model, the graphs `phrases` and `digits`, the model card, checksums.

    A stage is left out when it is done and nothing it goes by has changed; an interrupted one goes on where it was. To
    look at the whole way in a quarter of an hour: `--work /tmp/try --speech-scale 0.02 --hours 1 --train-minutes 3`.

    Needed beside `asr_models/trainer/requirements.txt`: espeak-ng, festival with festvox-ru, ffmpeg, sox, libfst-tools.
    """
    console = Console()
    for name in (first, last):
        if name and name not in _STAGES:
            raise typer.BadParameter(f"{name}: the stages are {', '.join(_STAGES)}")
    if from_model is not None and not acoustic_model_of(from_model).is_file():
        raise typer.BadParameter(f"{from_model}: no model folder that this trainer wrote")
    if people is not None and from_model is None:
        raise typer.BadParameter("--people needs --from-model: a model that has learned to hear people teaches")
    if people is not None and not people.is_dir():
        raise typer.BadParameter(f"{people}: no such folder; `python -m bench.people {people}` gathers one")
    try:
        locate_model()
    except KoreanModelMissing as reason:
        raise typer.BadParameter(str(reason)) from reason
    torch.set_num_threads(threads)
    recipe = with_options(Recipe(), hours, train_minutes, calls_seed, goes_on=from_model is not None)
    book = StageBook(work)
    wanted = Undertaking(work, rhvoice, recipe, threads, speech_scale, measured, from_model, people)
    listed = stages(wanted, book)
    within = _STAGES[_STAGES.index(first or _STAGES[0]) : _STAGES.index(last) + 1]
    for stage in (stage for stage in listed if stage.name in within):
        if stage.name != first and book.is_done(stage):
            console.print(f"[dim]{stage.name}: done before, nothing changed[/]")
            continue
        _carry_out(stage, book, console)


def _carry_out(stage: Stage, book: StageBook, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{stage.name}: {stage.explanation}", total=1.0)
        printed = -1.0

        def report(what: str, fraction: float) -> None:
            nonlocal printed
            bar.update(task, completed=fraction, description=f"{stage.name}: {what}")
            if not console.is_terminal and not printed <= fraction < printed + _LINE_SHARE:
                printed = fraction
                console.print(f"{stage.name}: {what}: {fraction:.0%}")

        facts = book.carry_out(stage, report)
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    console.print(f"[bold]{stage.name}[/]: done{': ' if told else ''}{told}")


if __name__ == "__main__":
    app()
