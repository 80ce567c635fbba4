"""`yulia flows draw`: a picture of every flow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialogs.drawing.graph import graph_of
from dialogs.drawing.svg import draw as drawn
from dialogs.engine.bundle import Bundle
from dialogs.reader.problems import meant
from dialogs.settings import BUNDLED_FOLDER
from dialogs.told_problems import load_or_exit

Folder = Annotated[Path, typer.Argument(help="Folder with flows/ and domain/; by default the one that comes along.")]


def draw(
    folder: Folder = BUNDLED_FOLDER,
    out: Annotated[Path, typer.Option(help="Folder for the pictures; it is made when it is not there.")] = Path(
        "flow-pictures"
    ),
    flow: Annotated[str | None, typer.Option(help="Only this flow.")] = None,
) -> None:
    """Draw flows as SVG, and write a page README.md that shows them all."""
    bundle = load_or_exit(folder)
    if flow is not None and flow not in bundle.flows:
        Console(stderr=True).print(f"[red]Нет сценария «{flow}»[/red]. {meant(flow, bundle.flows)}")
        raise typer.Exit(1)
    files = pictures(bundle, flow)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
        Console(soft_wrap=True, highlight=False).print(str(out / name))


def pictures(bundle: Bundle, only: str | None = None) -> dict[str, str]:
    """Return the files by name: a picture per flow, and the page when all are drawn."""
    flows = [each for each in bundle.flows.values() if only in (None, each.id)]
    files = {f"{each.id}.svg": drawn(graph_of(bundle, each)) for each in flows}
    return files if only is not None else files | {"README.md": _page(bundle)}


def _page(bundle: Bundle) -> str:
    lines = [
        "# Сценарии в картинках",
        "",
        "Нарисовано командой `yulia flows draw`. Пунктир — куда ведёт лестница вопроса или сбой действия.",
    ]
    for flow in sorted(bundle.flows.values(), key=lambda each: (each.id.startswith("pattern_"), each.name)):
        lines += ["", f"## {flow.name}", "", f"![{flow.name}]({flow.id}.svg)"]
    return "\n".join([*lines, ""])
