"""`yulia flows test`: the dialogue's conversations, played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from dialogs.engine.bundle import Bundle
from dialogs.reader import FlowErrors
from dialogs.reader.content import content_hash, dialogue_files
from dialogs.reader.problems import Problems
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.case_file import CASES_FOLDER, read_cases
from dialogs.talks.learning import learn
from dialogs.talks.passed_dialogues import PassedDialogues
from dialogs.talks.quiet_logs import quiet_logs
from dialogs.talks.report import as_json, tell_coverage, tell_failure, tell_result
from dialogs.talks.suite import matching, run_suite
from dialogs.told_problems import load_or_exit, tell_problems


def test(
    folder: Annotated[
        Path, typer.Argument(help="Dialogue folder with tests/conversations/; by default the one that comes along.")
    ] = BUNDLED_FOLDER,
    match: Annotated[str, typer.Option(help="Only conversations whose file or name holds this text.")] = "",
    coverage: Annotated[bool, typer.Option("--coverage", help="List what no conversation passed, by line.")] = False,
    require: Annotated[
        float, typer.Option(min=0, max=100, help="Exit code 1 when less of the flows is passed, in percent.")
    ] = 0.0,
    json_wanted: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    passed: Annotated[Path | None, typer.Option(hidden=True, help="Where dialogues that passed are noted.")] = None,
) -> None:
    """Play the conversations of a dialogue; tell which went otherwise, where, and what of the flows they passed.

    What passed whole is not played again by `yulia flows publish`.

    Exit code 1 when a conversation fails, when there is none, or when less is passed than required.
    """
    bundle = load_or_exit(folder)
    errors = Console(stderr=True, highlight=False)
    try:
        cases = matching(read_cases(folder), match)
    except FlowErrors as faulty:
        tell_problems(folder, faulty)
        raise typer.Exit(1) from None
    if not cases:
        errors.print(f"[red]Нет таких разговоров[/red]: {folder / CASES_FOLDER}/*.yml", soft_wrap=True)
        raise typer.Exit(1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with quiet_logs(), Progress(*columns, console=errors, transient=True) as progress:
        bar = progress.add_task("разговоры", total=len(cases))
        result = run_suite(folder, bundle, cases, lambda _: progress.advance(bar))
    if passed is not None and not match and not result.failed:
        _note(folder, bundle, PassedDialogues(passed))
    if json_wanted:
        typer.echo(json.dumps(as_json(folder, result), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        for failed in result.failed:
            tell_failure(console, folder, failed)
        if coverage or not match:
            tell_coverage(console, folder, result.coverage, with_list=coverage)
        tell_result(console, result)
    if result.coverage.total.percent < require:
        errors.print(f"[red]Пройдено {result.coverage.total.percent:.1f} %, а нужно {require:g} %[/red]")
        raise typer.Exit(1)
    if result.failed:
        raise typer.Exit(1)


def _note(folder: Path, bundle: Bundle, passed: PassedDialogues) -> None:
    """Note a dialogue that passed, if its phrases can be learnt from and nobody changed it meanwhile."""
    try:
        learn(folder)
    except FlowErrors:
        return  # publishing tells
    if content_hash(dialogue_files(folder, Problems())) == bundle.hash:
        passed.note(bundle.hash)
