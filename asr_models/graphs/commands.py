"""`yulia models add-words`: teach a model more words without training it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from asr_models.graphs.errors import GraphError
from asr_models.graphs.letters import STRESS
from asr_models.graphs.model_rebuild import NewWord, WordPlan, model_root, plan_words, rebuild_model
from asr_models.model_choice import models_in_use
from asr_models.models_setup import refused, setup_of
from asr_models.port import ModelInvalid

_ORIGINS = {"you": "как вы сказали", "lexicon": "из словаря", "rules": "по правилам: проверьте ударение"}


def add_words_command(words_of_flows: Callable[[Path | None], tuple[str, ...]]) -> Callable[..., None]:
    """Make the command; the words that flows listen for are the business of a floor above."""

    def add_words(
        context: typer.Context,
        words: Annotated[
            list[str] | None, typer.Argument(metavar="WORD…", help="Words or phrases, in Russian.")
        ] = None,
        from_flows: Annotated[
            bool, typer.Option("--from-flows", help="Also all words of the flows' phrase lists that the model lacks.")
        ] = False,
        flows: Annotated[
            Path | None, typer.Option(help="Dialogue folder for --from-flows instead of the one that comes along.")
        ] = None,
        say: Annotated[
            list[str] | None,
            typer.Option(metavar="WORD=SAID", help="How a word sounds, with + before the stress: яндекс=+яндэкс."),
        ] = None,
        model: Annotated[
            Path | None, typer.Option(help="Model folder that is to learn them instead of the one in use.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option(help="New model folder, which must not exist; by default in the models folder.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    ) -> None:
        """Teach a model more words: its graphs are built anew in a new folder, without training."""
        began = monotonic()
        setup = setup_of(context)
        console = Console(stderr=as_json)
        try:
            root = model_root(model or models_in_use(setup.hearing, setup.models_dir)["closed"])
            wanted = (*(words or ()), *(words_of_flows(flows) if from_flows else ()))
            plan = plan_words(root, wanted, _said(say or []))
            destination = (out or _free_name(setup.models_dir, root.name)).absolute()
            if plan.new:
                if not as_json:
                    _show(console, plan)
                _rebuild(console, root, destination, plan, setup.hearing.trial_limit_seconds)
        except (GraphError, ModelInvalid) as error:
            raise refused(Console(stderr=True), str(error)) from error
        made = destination if plan.new else None
        if as_json:
            typer.echo(json.dumps(_report(plan, made, monotonic() - began), ensure_ascii=False))
        elif made is None:
            console.print("Новых слов нет: модель знает все.")
        else:
            console.print(f"[green]Готово[/green]: {escape(str(made))}", highlight=False, soft_wrap=True)
            console.print(f"Дальше: [bold]yulia models use {escape(str(made))}[/bold]", highlight=False, soft_wrap=True)

    return add_words


def _said(pairs: list[str]) -> dict[str, str]:
    said = {}
    for pair in pairs:
        word, equals, spelling = (part.strip().lower() for part in pair.partition("="))
        if not equals or not word or not spelling:
            raise typer.BadParameter(f"«{pair}»: слово=как-звучит, например яндекс=+яндэкс", param_hint="--say")
        said[word] = spelling
    return said


def _free_name(folder: Path, name: str) -> Path:
    name = re.sub(r"-words-\d+$", "", name)
    number = 1
    while (candidate := folder / f"{name}-words-{number}").exists():
        number += 1
    return candidate


def _rebuild(console: Console, root: Path, destination: Path, plan: WordPlan, trial_limit_seconds: float) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("начинаю", total=None)
        rebuild_model(
            root,
            destination,
            plan.new,
            trial_limit_seconds=trial_limit_seconds,
            on_step=lambda step: progress.update(task, description=step),
        )


def _show(console: Console, plan: WordPlan) -> None:
    table = Table("слово", "звучит", "звуки", "откуда", title="Новые слова")
    for new in plan.new:
        sounds = " | ".join(" ".join(said.phones) for said in new.pronunciations)
        table.add_row(new.word, _stress_shown(new), sounds, _ORIGINS[new.origin])
    console.print(table)
    if plan.known:
        console.print(f"Модель уже знает: {', '.join(plan.known)}", highlight=False)
    if any(new.origin == "rules" for new in plan.new):
        console.print("Ударение неверное? Повторите с --say слово=сл+ово (плюс перед ударной гласной).", style="dim")


def _stress_shown(new: NewWord) -> str:
    before, mark, after = new.spelling.partition(STRESS)
    return f"{before}{after[0].upper()}{after[1:]}" if mark else new.spelling


def _report(plan: WordPlan, made: Path | None, seconds: float) -> dict[str, object]:
    return {
        "model": str(made) if made else None,
        "words": [
            {
                "word": new.word,
                "phones": [" ".join(said.phones) for said in new.pronunciations],
                "said": new.spelling or None,
                "origin": new.origin,
            }
            for new in plan.new
        ],
        "known": plan.known,
        "seconds": round(seconds, 2),
    }
