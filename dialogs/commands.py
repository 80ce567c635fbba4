"""`yulia flows check|test|talk|schema|draw`: the dialogue by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_MODEL_DIR
from dialogs.call_times import call_times
from dialogs.drawing.commands import draw
from dialogs.engine.bundle import Bundle
from dialogs.schema_command import schema
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.commands import test
from dialogs.talks.talk_command import talk
from dialogs.told_problems import check_or_exit, tell_warnings

app = typer.Typer(help="The dialogue: check its YAML, play its tests, talk to it in text.", no_args_is_help=True)
app.command()(test)
app.command()(talk)
app.command()(schema)
app.command()(draw)

Folder = Annotated[Path, typer.Argument(help="Folder with flows/ and domain/; by default the one that comes along.")]


@app.command()
def check(
    folder: Folder = BUNDLED_FOLDER,
    model: Annotated[
        Path, typer.Option(help="Vosk model folder whose words the phrase lists are held against.")
    ] = BUNDLED_MODEL_DIR,
    times: Annotated[bool, typer.Option("--times", help="Also tell how long each flow can keep a caller.")] = False,
) -> None:
    """Check a dialogue; tell every fault with file, line and a way out. Exit code 1 when there is one.

    Warnings do not fail it. Nor do words of the phrase lists that the speech model lacks: the line works without them.
    """
    checked = check_or_exit(folder)
    bundle = checked.bundle
    tell_warnings(folder, checked.warnings)
    Console().print(
        f"[green]Всё в порядке[/green]: сценариев {len(bundle.flows)}, реплик {len(bundle.responses)},"
        f" версия {bundle.hash[:12]}"
    )
    if times:
        _tell_times(bundle)
    _tell_lacking_words(folder, model)


def _tell_times(bundle: Bundle) -> None:
    table = Table("сценарий", "вопросов", "дольше всего", title="Сколько сценарий может продержать звонящего")
    for each in call_times(bundle):
        minutes, seconds = divmod(round(each.seconds), 60)
        table.add_row(f"{escape(each.name)} [dim]{each.flow}[/dim]", str(each.questions), f"{minutes}:{seconds:02}")
    Console().print(table)
    Console().print("Каждый вопрос — до последней ступени самой долгой лестницы, действие — до своего предела.")


def _tell_lacking_words(folder: Path, model: Path) -> None:
    from dialogs.lacking_words import command_that_adds, lacking_words  # only here: it loads what reads models

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        lacking = lacking_words(folder, model)
    except ModelInvalid as error:
        console.print(f"[yellow]Слова фраз не проверены[/yellow]: {escape(str(error))}")
        return
    if not lacking:
        return
    console.print(f"[yellow]Речевая модель не знает слов: {len(lacking)}[/yellow]. На их месте она слышит чужую речь.")
    for each in lacking:
        for phrase in each.phrases:
            where = f"{folder / phrase.place.file}:{phrase.place.line}" if phrase.place else "встроенная фраза"
            console.print(f"[bold]{escape(where)}[/bold]: «{escape(each.word)}» во фразе «{escape(phrase.text)}»")
    command = command_that_adds(lacking, folder, model)
    if command is None:
        console.print("Дополнить словами можно встроенную модель и её потомков: yulia models list")
    else:
        console.print(f"Добавить их без обучения: [bold]{escape(command)}[/bold]")
