"""`yulia models`: which models there are, which are here, and which of them the line listens with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asr_models.catalogue import BUNDLED, KINDS, CatalogueModel, QuestionKind, UnknownModel, catalogue
from asr_models.fetch_command import fetch_model
from asr_models.model_choice import ModelChoice, models_in_use, overridden_by, read_choice, write_choice
from asr_models.model_folder import ModelFolder
from asr_models.models_setup import ModelsSetup, refused, setup_of
from asr_models.port import ModelInvalid

app = typer.Typer(help="Models for hearing: list, fetch, choose, check.", no_args_is_help=True)
app.command("fetch")(fetch_model)

_KINDS_IN_WORDS: dict[QuestionKind, str] = {
    "closed": "списки фраз",
    "digits": "числа",
    "open": "свободная речь",
}


AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@app.command("list")
def list_models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the catalogue: what is here, what the line listens with, what can be fetched."""
    setup = setup_of(context)
    console = Console(stderr=as_json)
    try:
        used = models_in_use(setup.hearing, setup.models_dir)
    except ModelInvalid as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False, soft_wrap=True)
        used = models_in_use(setup.hearing, setup.models_dir / "nothing-chosen")
    uses = _uses(setup, used)
    fetched = setup.store.fetched()
    own = {path: kinds for path, kinds in uses.items() if path not in {entry.name for entry in catalogue()}}
    if as_json:
        entries = [_as_json(entry, fetched, uses) for entry in catalogue()]
        entries += [_own_as_json(path, kinds) for path, kinds in own.items()]
        typer.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    table = Table(title="Модели распознавания")
    table.add_column("модель", no_wrap=True)
    table.add_column("сейчас", no_wrap=True)
    for column in ("слушает", "архив, МБ", "память, МБ", "списки фраз"):
        table.add_column(column)
    for entry in catalogue():
        table.add_row(
            entry.name,
            _state(entry, fetched),
            _kinds_in_words(uses.get(entry.name, ())),
            str(entry.download_megabytes) if entry.url else "—",
            str(entry.memory_megabytes),
            "да" if entry.takes_phrase_lists else "нет",
        )
    console.print(table)
    for path, kinds in own.items():
        console.print(f"Своя модель {escape(path)} слушает: {_kinds_in_words(kinds)}.", highlight=False, soft_wrap=True)
    for entry in catalogue():
        console.print(f"[bold]{entry.name}[/bold], {entry.licence}. {entry.purpose}", highlight=False, soft_wrap=True)
        if entry.error_rates:
            rates = ", ".join(f"{test} {rate:g}" for test, rate in entry.error_rates.items())
            console.print(f"  [dim]Ошибок в словах, %: {rates} ({entry.error_rates_source})[/dim]", highlight=False)
    _tell_what_overrides(setup, console, KINDS)


@app.command("use")
def use_model(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME|DIR", help="A name of the catalogue, or a model's folder.")],
    questions: Annotated[
        Literal["closed", "digits", "open", "all"],
        typer.Option("--for", help="Questions with a phrase list, dictated numbers, open questions, or all of them."),
    ] = "all",
) -> None:
    """Choose the model that the line listens with; `bundled` goes back to the one that comes along."""
    setup, console = setup_of(context), Console()
    kinds: tuple[QuestionKind, ...] = KINDS if questions == "all" else (questions,)
    try:
        folders = {kind: setup.store.folder_of(model, kind) for kind in kinds}
        checked: dict[Path, ModelFolder] = {}
        with console.status("проверяю модель"):
            for folder in folders.values():
                if folder not in checked:
                    checked[folder] = setup.store.check(folder)
    except (ModelInvalid, UnknownModel) as error:
        raise refused(console, f"Модель не выбрана: {error}") from error
    for kind, folder in folders.items():
        if kind != "open" and not checked[folder].takes_phrase_lists:
            raise refused(
                console,
                f"Модель не выбрана: {checked[folder].name} не принимает списков фраз на ходу (граф HCLG.fst "
                "неизменный), а без них не услышать ни ответов из списка, ни чисел. Для свободной речи она годится: "
                f"yulia models use {model} --for open",
            )
    try:
        choice = read_choice(setup.models_dir)
    except ModelInvalid:
        choice = ModelChoice()  # damaged: written anew below
    for kind, folder in folders.items():
        back = BUNDLED if questions != "all" else None
        choice = choice.with_model((kind,), back if model == BUNDLED else str(folder))
    write_choice(setup.models_dir, choice)
    console.print(
        f"[green]Выбрано[/green]: {escape(model)} — {_kinds_in_words(kinds)}.", highlight=False, soft_wrap=True
    )
    _tell_what_overrides(setup, console, kinds)
    console.print("Подействует со следующего запуска линии: работающую перезапустите.")


@app.command("check")
def check_models(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(metavar="NAME|DIR", help="Without it: all that are here or in use.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check models: checksums, files, kind of graph, and whether Vosk loads them (in a process of its own)."""
    setup = setup_of(context)
    console = Console(stderr=as_json)
    try:
        folders = _all_folders(setup) if model is None else _folders(setup, model)
    except (ModelInvalid, UnknownModel) as error:
        raise refused(console, str(error)) from error
    verdicts = []
    for folder in folders:
        name = f"{setup.store.name_of(folder)}: {folder.name}" if folder.parent.name == "ru-8k" else str(folder)
        try:
            with console.status(f"проверяю {escape(name)}"):
                checked = setup.store.check(folder, always_try=True)
        except ModelInvalid as error:
            verdicts.append({"folder": str(folder), "good": False, "reason": str(error)})
            console.print(f"[red]негодна[/red]  {escape(str(error))}", highlight=False, soft_wrap=True)
        else:
            lists = checked.takes_phrase_lists
            verdicts.append({"folder": str(folder), "good": True, "takes_phrase_lists": lists})
            told = "со списками фраз" if lists else "только свободная речь"
            console.print(f"[green]годна[/green]    {escape(name)} ({told})", highlight=False, soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(verdicts, ensure_ascii=False, indent=1))
    if not all(verdict["good"] for verdict in verdicts):
        raise typer.Exit(1)


def _uses(setup: ModelsSetup, used: dict[QuestionKind, Path]) -> dict[str, tuple[QuestionKind, ...]]:
    uses: dict[str, tuple[QuestionKind, ...]] = {}
    for kind, folder in used.items():
        name = setup.store.name_of(folder)
        uses[name] = (*uses.get(name, ()), kind)
    return uses


def _state(entry: CatalogueModel, fetched: tuple[str, ...]) -> str:
    if entry.url is None:
        return "в комплекте"
    return "скачана" if entry.name in fetched else "не скачана"


def _kinds_in_words(kinds: tuple[QuestionKind, ...]) -> str:
    return ", ".join(_KINDS_IN_WORDS[kind] for kind in kinds)


def _as_json(
    entry: CatalogueModel, fetched: tuple[str, ...], uses: dict[str, tuple[QuestionKind, ...]]
) -> dict[str, object]:
    here = {"bundled": entry.url is None, "fetched": entry.name in fetched, "in_use_for": uses.get(entry.name, ())}
    return entry.model_dump() | here


def _own_as_json(path: str, kinds: tuple[QuestionKind, ...]) -> dict[str, object]:
    return {"name": path, "bundled": False, "fetched": False, "in_use_for": kinds}


def _tell_what_overrides(setup: ModelsSetup, console: Console, kinds: tuple[QuestionKind, ...]) -> None:
    if setup.hearing.engine == "vosk-server":
        console.print(
            f"[yellow]Слушает vosk-server ({setup.hearing.server_url}): выбор моделей здесь не действует.[/yellow]"
        )
    for kind in kinds:
        if (variable := overridden_by(setup.hearing, kind)) is not None:
            console.print(f"[yellow]{_KINDS_IN_WORDS[kind]}: решает настройка {variable}, а не этот выбор.[/yellow]")


def _folders(setup: ModelsSetup, model: str) -> list[Path]:
    return list(dict.fromkeys(setup.store.folder_of(model, kind) for kind in KINDS))


def _all_folders(setup: ModelsSetup) -> list[Path]:
    folders = _folders(setup, BUNDLED)
    for name in setup.store.fetched():
        folders += _folders(setup, name)
    return list(dict.fromkeys((*folders, *models_in_use(setup.hearing, setup.models_dir).values())))
