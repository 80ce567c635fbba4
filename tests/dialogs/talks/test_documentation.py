"""docs/conversation-tests.md tells of every step and every key, and its examples play."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.case_file import CASE_KEYS, read_cases
from dialogs.talks.case_steps import STEPS
from dialogs.talks.suite import run_suite

PAGE = (Path(__file__).parents[3] / "docs" / "conversation-tests.md").read_text()


def test_every_step_and_key_is_told_of_and_no_other() -> None:
    told = set(re.findall(r"^\| `(\w+)(?::[^`]*)?` \|", PAGE, re.MULTILINE))
    assert told == set(STEPS) | set(CASE_KEYS)


def test_the_examples_play_on_the_shipped_dialogue(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "conversations"
    folder.mkdir(parents=True)
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)):
        (folder / f"example{number}.yml").write_text(block)
    shutil.copytree(BUNDLED_FOLDER / "data", tmp_path / "data")
    cases = read_cases(tmp_path)
    assert len(cases) == 3
    result = run_suite(tmp_path, load_bundle(BUNDLED_FOLDER), cases)
    assert [each.failure for each in result.cases] == [None, None, None]
