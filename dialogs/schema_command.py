"""`yulia flows schema`: what an editor needs to help with the YAML of a dialogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialogs.reader.schema import schemas
from dialogs.settings import BUNDLED_FOLDER

SCHEMA_FOLDER = BUNDLED_FOLDER / "schema"


def schema(
    out: Annotated[Path, typer.Option(help="Folder for the files; it is made when it is not there.")] = SCHEMA_FOLDER,
) -> None:
    """Write the JSON Schema (draft 2020-12) of the dialogue's files, made from the code that reads them.

    An editor uses one for a file that begins: # yaml-language-server: $schema=../schema/flows.json
    """
    out.mkdir(parents=True, exist_ok=True)
    console = Console(soft_wrap=True, highlight=False)
    for name, text in schema_files().items():
        (out / name).write_text(text, encoding="utf-8")
        console.print(str(out / name))


def schema_files() -> dict[str, str]:
    """Return the content of every schema file by its name."""
    return {
        f"{name}.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n" for name, schema in schemas().items()
    }
