"""Faults of a dialogue, told in the terminal."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from dialogs.engine.bundle import Bundle
from dialogs.reader import FlowErrors, load_bundle


def load_or_exit(folder: Path) -> Bundle:
    """Read a dialogue folder; a broken one is told and ends the command.

    Raises:
        typer.Exit: with code 1.
    """
    try:
        return load_bundle(folder)
    except FlowErrors as errors:
        tell_problems(folder, errors)
        raise typer.Exit(1) from None


def tell_problems(folder: Path, errors: FlowErrors) -> None:
    """Print each fault with file, line and a way out to standard error."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for problem in errors.problems:
        console.print(
            f"[bold]{escape(str(folder / problem.file))}:{problem.line}[/bold]:"
            f" [red]{escape(problem.message)}[/red]. {escape(problem.advice)}"
        )
    console.print(f"[red]Ошибок: {len(errors.problems)}[/red]")
