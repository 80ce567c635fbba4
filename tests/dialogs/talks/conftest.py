from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from dialogs.reader import load_bundle
from dialogs.talks.suite import SuiteResult, run_suite

BASE = Path(__file__).parents[1] / "broken" / "base"

Played = Callable[[str], SuiteResult]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small dialogue folder without conversations."""
    folder = Path(shutil.copytree(BASE, tmp_path / "shop"))
    (folder / "tests" / "conversations").mkdir(parents=True)
    return folder


def write_cases(folder: Path, text: str, name: str = "shop") -> None:
    path = folder / "tests" / "conversations" / f"{name}.yml"
    path.write_text(textwrap.dedent(text).lstrip())


@pytest.fixture
def played(shop: Path) -> Played:
    """Play the conversations of a text against the small dialogue."""

    def play(text: str) -> SuiteResult:
        write_cases(shop, text)
        return run_suite(shop, load_bundle(shop))

    return play
