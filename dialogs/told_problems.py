"""Faults of a dialogue, told in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from dialogs.engine.bundle import Bundle
from dialogs.reader import CheckedFolder, FlowErrors, FlowProblem, check_folder


def load_or_exit(folder: Path) -> Bundle:
    """Read a dialogue folder; a broken one is told and ends the command.

    Raises:
        typer.Exit: with code 1.
    """
    return check_or_exit(folder).bundle


def check_or_exit(folder: Path) -> CheckedFolder:
    """Read a dialogue folder with its warnings; a broken one is told and ends the command.

    Raises:
        typer.Exit: with code 1.
    """
    try:
        return check_folder(folder)
    except FlowErrors as errors:
        tell_problems(folder, errors)
        raise typer.Exit(1) from None


def tell_problems(folder: Path, errors: FlowErrors) -> None:
    """Print each fault with file, line and a way out to standard error."""
    _tell(folder, errors.problems, "red")
    _to_author().print(f"[red]Ошибок: {len(errors.problems)}[/red]")


def tell_warnings(folder: Path, warnings: Sequence[FlowProblem]) -> None:
    """Print what is hardly meant to standard error."""
    _tell(folder, warnings, "yellow")
    if warnings:
        _to_author().print(f"[yellow]Предупреждений: {len(warnings)}[/yellow] (работать не мешают)")


def _tell(folder: Path, problems: Sequence[FlowProblem], colour: str) -> None:
    console = _to_author()
    for problem in problems:
        console.print(
            f"[bold]{escape(str(folder / problem.file))}:{problem.line}[/bold]:"
            f" [{colour}]{escape(problem.message)}[/{colour}]. {escape(problem.advice)}"
        )


def _to_author() -> Console:
    return Console(stderr=True, soft_wrap=True, highlight=False)
