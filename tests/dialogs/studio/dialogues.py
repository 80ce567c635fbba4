"""Small dialogues to publish."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from dialogs.studio.archive import pack
from dialogs.studio.publishing import read_files

BASE = Path(__file__).parents[1] / "broken" / "base"
PHRASES = """version: "3.1"
nlu:
  - intent: hours
    examples: |
      - до скольки вы работаете
      - во сколько закрываетесь
      - часы работы магазина
  - intent: out_of_scope
    examples: |
      - какая погода
      - вызовите такси
      - спой песню
"""
_numbers = count(1)


def small_dialogue(parent: Path, hello: str = "Здравствуйте!", phrases: str | None = PHRASES) -> Path:
    """Lay a dialogue down that greets as told; without phrases it has no data folder."""
    folder = Path(shutil.copytree(BASE, parent / f"dialogue-{next(_numbers)}", ignore=shutil.ignore_patterns("data")))
    responses = folder / "domain" / "responses.yml"
    responses.write_text(responses.read_text().replace("Здравствуйте!", hello))
    if phrases is not None:
        (folder / "data" / "nlu").mkdir(parents=True)
        (folder / "data" / "nlu" / "phrases.yml").write_text(phrases)
    return folder


def packed(folder: Path) -> bytes:
    """Pack a folder without any check."""
    return pack(read_files(folder))
