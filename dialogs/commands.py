"""`yulia flows check|talk`: the dialogue by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_MODEL_DIR
from dialogs import customer_facts
from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    Ask,
    CallStarted,
    Event,
    HandOff,
    HangUp,
    Heard,
    HearingFailed,
    HungUp,
    KeysPressed,
    NothingHeard,
    RunAction,
    Say,
    Turn,
    Value,
)
from dialogs.lacking_words import command_that_adds, lacking_words
from dialogs.reader import FlowErrors, load_bundle
from dialogs.settings import BUNDLED_FOLDER
from integrations.loyalty.port import Card, CardState, Customer

app = typer.Typer(help="The dialogue: check its YAML, talk to it in text.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder with flows/ and domain/; by default the one that comes along.")]


@app.command()
def check(
    folder: Folder = BUNDLED_FOLDER,
    model: Annotated[
        Path, typer.Option(help="Vosk model folder whose words the phrase lists are held against.")
    ] = BUNDLED_MODEL_DIR,
) -> None:
    """Check a dialogue; tell every fault with file, line and a way out. Exit code 1 when there is one.

    Words of the phrase lists that the speech model lacks are told too; the line works without them (exit code 0).
    """
    bundle = _load(folder)
    Console().print(
        f"[green]Всё в порядке[/green]: сценариев {len(bundle.flows)}, реплик {len(bundle.responses)},"
        f" версия {bundle.hash[:12]}"
    )
    _tell_lacking_words(folder, model)


def _tell_lacking_words(folder: Path, model: Path) -> None:
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


@app.command()
def talk(
    folder: Folder = BUNDLED_FOLDER,
    caller: Annotated[str, typer.Option(help="Number the caller calls from; empty: hidden.")] = "+79160000001",
) -> None:
    """Talk to the dialogue in text: a line is speech, «=123» keys, an empty line silence."""
    console = Console()
    engine = Engine(_load(folder), lambda error, event: console.print(f"[red]сбой: {escape(repr(error))}"))
    console.print("[dim]речь — строкой; клавиши — =1; молчание — Enter; !слух — слух отказал; Ctrl+D — трубку[/dim]")
    state = engine.begin()
    event: Event = CallStarted(caller or None)
    while True:
        state, turn = engine.step(state, event)
        following = _show(console, turn)
        if following is None or isinstance(following, HungUp):
            return
        event = following


def _load(folder: Path) -> Bundle:
    try:
        return load_bundle(folder)
    except FlowErrors as errors:
        console = Console(stderr=True)
        for problem in errors.problems:
            console.print(
                f"[bold]{escape(str(folder / problem.file))}:{problem.line}[/bold]:"
                f" [red]{escape(problem.message)}[/red]. {escape(problem.advice)}",
                soft_wrap=True,
                highlight=False,
            )
        console.print(f"[red]Ошибок: {len(errors.problems)}[/red]")
        raise typer.Exit(1) from None


def _show(console: Console, turn: Turn) -> Event | None:
    """Print a turn and return what the person at the keyboard does; None at the end."""
    for command in turn:
        match command:
            case Say(prompts) | Ask(prompts):
                for prompt in prompts:
                    console.print(f"[cyan]Юля:[/cyan] {escape(prompt.text)} [dim]{prompt.id}[/dim]", highlight=False)
            case HandOff() | HangUp():
                console.print(f"[yellow]{escape(str(command))}[/yellow]")
                return None
            case RunAction():
                return _action(console, command)
    return _answer(console)


def _answer(console: Console) -> Event:
    try:
        line = console.input("[green]вы:[/green] ").strip()
    except EOFError:
        return HungUp()
    if not line:
        return NothingHeard()
    if line == "!слух":
        return HearingFailed()
    return KeysPressed(line[1:]) if line.startswith("=") else Heard(line.lower())


def _action(console: Console, command: RunAction) -> Event:
    console.print(f"[yellow]{command.action} {escape(str(dict(command.arguments)))}[/yellow]")
    try:
        choice = console.input("[yellow]ответ (Enter — найден, н — не найден, з — заблокирован, с — сбой):[/yellow] ")
    except EOFError:
        return HungUp()
    results: Mapping[str, Mapping[str, Value]] = {
        "н": customer_facts.nobody("not_found"),
        "з": customer_facts.nobody("locked"),
        "": customer_facts.found(EXAMPLE),
    }
    result = results.get(choice.strip().lower())
    return ActionFailed(command.action, "unavailable") if result is None else ActionDone(command.action, result)


EXAMPLE = Customer(
    "example",
    "Анна",
    "Сергеевна",
    "Иванова",
    ("+79160000001",),
    (Card("7789000000002222", CardState.ACTIVE, 1250, 40, 200, date(2026, 12, 1)),),
)
"""Whom the talk's loyalty system knows."""
