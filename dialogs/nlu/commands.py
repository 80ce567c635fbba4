"""`yulia nlu parse|test`: understanding by hand. Engines are imported when they are used: they are slow to load."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dialogs.nlu.port import Parsed, Understanding, UnderstandingError
from dialogs.nlu.settings import UnderstandingEngine, UnderstandingSettings
from dialogs.nlu.training_data import TEST_FOLDER, TRAINING_FOLDER, Example, read_examples
from dialogs.reader import FlowErrors
from dialogs.settings import BUNDLED_FOLDER
from dialogs.told_problems import tell_problems

if TYPE_CHECKING:
    from dialogs.nlu.evaluation import Evaluation

app = typer.Typer(help="Understanding of free phrases: try it, measure it.", no_args_is_help=True)

PATIENCE_SECONDS = 5.0
"""Limit for Rasa in a test: its time is measured, not cut off."""
SHOWN_CONFUSIONS = 15

Folder = Annotated[
    Path, typer.Option(help="Dialogue folder with data/ and tests/nlu/; by default the one that comes along.")
]
Engine = Annotated[UnderstandingEngine, typer.Option(help="Which engine; rasa must run: make rasa.")]


@app.command()
def parse(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="Phrase; without it, lines of standard input.")] = None,
    engine: Engine = UnderstandingEngine.EMBEDDED,
    folder: Folder = BUNDLED_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say what a phrase means; no intent: out of scope, or not sure enough.

    Example: echo "потеряла карту" | yulia nlu parse --json
    """
    asyncio.run(_parse(_phrases(text), engine, folder, _settings(context), as_json=as_json))


@app.command()
def test(
    context: typer.Context,
    engine: Annotated[
        list[UnderstandingEngine] | None, typer.Option(help="Which engine; may be given twice; without it, both.")
    ] = None,
    folder: Folder = BUNDLED_FOLDER,
    folds: Annotated[bool, typer.Option(help="Also five-fold over the training phrases (embedded engine).")] = True,
    at_least: Annotated[float, typer.Option(help="Exit code 1 when the test set is understood less, 0..1.")] = 0.0,
) -> None:
    """Measure on phrases that were written apart from the training data; tell what is taken for what.

    Both engines on the same five folds, which takes six trainings of Rasa: make bench-understanding.
    """
    from dialogs.nlu.evaluation import five_fold

    settings = _settings(context)
    console = Console()
    training, apart = _read(folder / TRAINING_FOLDER), _read(folder / TEST_FOLDER)
    console.print(f"Фраз для обучения: {len(training)}, для проверки: {len(apart)}")
    wanted = engine or list(UnderstandingEngine)
    columns = asyncio.run(_test(console, wanted, training, apart, settings))
    worst = min((each.accuracy for _, each in columns), default=0.0)
    if folds and UnderstandingEngine.EMBEDDED in wanted:
        with console.status("пять частей"):
            columns.append(("embedded, пять частей", five_fold(training, settings.threshold)))
    if columns:
        _show(console, columns)
    if worst < at_least:
        raise typer.Exit(1)


async def _parse(
    phrases: Iterator[str], engine: UnderstandingEngine, folder: Path, settings: UnderstandingSettings, *, as_json: bool
) -> None:
    from dialogs.nlu.embedded import EmbeddedUnderstanding
    from dialogs.nlu.rasa_http import RasaUnderstanding

    console = Console()
    understanding: Understanding
    if engine is UnderstandingEngine.RASA:
        understanding = RasaUnderstanding(settings)
    else:
        understanding = EmbeddedUnderstanding(_read(folder / TRAINING_FOLDER), settings.threshold)
    try:
        for phrase in phrases:
            parsed = await understanding.parse(phrase)
            if as_json:
                typer.echo(_as_json(parsed))
            else:
                _tell(console, parsed)
    except UnderstandingError as error:
        _complain(engine, error)
        raise typer.Exit(1) from None
    finally:
        await understanding.close()


async def _test(
    console: Console,
    engines: list[UnderstandingEngine],
    training: tuple[Example, ...],
    apart: tuple[Example, ...],
    settings: UnderstandingSettings,
) -> list[tuple[str, Evaluation]]:
    from dialogs.nlu.embedded import EmbeddedUnderstanding
    from dialogs.nlu.evaluation import evaluate
    from dialogs.nlu.rasa_http import RasaUnderstanding

    columns: list[tuple[str, Evaluation]] = []
    if UnderstandingEngine.EMBEDDED in engines:
        started, processor = time.perf_counter(), time.process_time()
        embedded = EmbeddedUnderstanding(training, settings.threshold)
        console.print(
            f"embedded обучен за {time.perf_counter() - started:.1f} с"
            f" (процессора {time.process_time() - processor:.1f} с)"
        )
        columns.append(("embedded", await evaluate(embedded, apart)))
    if UnderstandingEngine.RASA in engines:
        rasa = RasaUnderstanding(settings.model_copy(update={"limit_seconds": PATIENCE_SECONDS}))
        try:
            columns.append(("rasa", await evaluate(rasa, apart)))
        except UnderstandingError as error:
            _complain(UnderstandingEngine.RASA, error)
            if engines == [UnderstandingEngine.RASA]:
                raise typer.Exit(1) from None
        finally:
            await rasa.close()
    return columns


def _settings(context: typer.Context) -> UnderstandingSettings:
    make = context.obj
    settings = make() if callable(make) else UnderstandingSettings()
    assert isinstance(settings, UnderstandingSettings)
    return settings


def _phrases(text: str | None) -> Iterator[str]:
    for line in [text] if text is not None else sys.stdin:
        if said := line.strip():
            yield said


def _read(folder: Path) -> tuple[Example, ...]:
    try:
        return read_examples(folder)
    except FlowErrors as errors:
        tell_problems(folder, errors)
        raise typer.Exit(1) from None


def _as_json(parsed: Parsed) -> str:
    entities = [
        {"entity": each.name, "value": each.value, "start": each.start, "end": each.end} for each in parsed.entities
    ]
    return json.dumps(
        {
            "text": parsed.text,
            "intent": parsed.intent,
            "confidence": round(parsed.confidence, 4),
            "entities": entities,
        },
        ensure_ascii=False,
    )


def _tell(console: Console, parsed: Parsed) -> None:
    meant = f"[bold green]{parsed.intent}[/bold green]" if parsed.intent else "[yellow]не наше или неясно[/yellow]"
    others = ", ".join(f"{each.intent} {each.confidence:.2f}" for each in parsed.ranking[:3])
    console.print(f"{escape(parsed.text)}: {meant}  [dim]{escape(others)}[/dim]", highlight=False, soft_wrap=True)


def _complain(engine: UnderstandingEngine, error: UnderstandingError) -> None:
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"[red]{engine.value} не отвечает[/red]: {escape(str(error))}")
    if engine is UnderstandingEngine.RASA:
        console.print("Запустить: make rasa (или YULIA_UNDERSTANDING__RASA_URL, если Rasa в другом месте)")


def _show(console: Console, columns: list[tuple[str, Evaluation]]) -> None:
    table = Table("намерение", title="Понято фраз")
    for name, _ in columns:
        table.add_column(name, justify="right")
    rows = [dict((intent, (right, count)) for intent, count, right in each.by_intent()) for _, each in columns]
    for intent in sorted({name for row in rows for name in row}):
        table.add_row(intent, *(f"{row[intent][0]} из {row[intent][1]}" if intent in row else "" for row in rows))
    table.add_section()
    table.add_row("[bold]всего[/bold]", *(f"[bold]{each.accuracy:.1%}[/bold]" for _, each in columns))
    by_file = [dict(each.by_file()) for _, each in columns]
    for file in sorted(by_file[0]):  # those of a test set, not of training
        table.add_row(f"  {file}", *(f"{each[file]:.1%}" if file in each else "" for each in by_file))
    table.add_row("принято за другое дело", *(f"{each.misled:.1%}" for _, each in columns))
    for title, share in (("разбор, p50", 0.5), ("разбор, p99", 0.99)):
        times = [f"{each.parse_quantile(share) * 1000:.1f} мс" if each.parse_seconds else "" for _, each in columns]
        table.add_row(title, *times)
    console.print(table)
    for name, evaluation in columns:
        confusions = Table("имели в виду", "понято как", "раз", "например", title=f"{name}: что с чем путается")
        for meant, got, count in evaluation.confusions()[:SHOWN_CONFUSIONS]:
            example = next(
                each.example.text for each in evaluation.judged if (each.example.intent, each.got) == (meant, got)
            )
            confusions.add_row(meant, got, str(count), escape(example))
        console.print(confusions)
