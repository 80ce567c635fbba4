"""The tutorial's dialogue: the shipped one with the tutorial's files laid over it."""

from __future__ import annotations

import asyncio
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.lacking_words import command_that_adds, lacking_words
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER, DialogueSettings
from dialogs.studio.difference import difference
from dialogs.studio.publishing import check, publish, read_files, roll_back
from dialogs.talks.case_file import Case, read_cases
from dialogs.talks.suite import matching, run_suite
from tests.dialogs.studio.fake import FakePublishedDialogues

OVERLAY = Path(__file__).parent / "tutorial"
PAGE = (Path(__file__).parents[2] / "docs" / "tutorial-store-hours.md").read_text(encoding="utf-8")
FILES = sorted(path.relative_to(OVERLAY).as_posix() for path in OVERLAY.rglob("*.yml"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tutorial") / "dialogs"
    shutil.copytree(BUNDLED_FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(OVERLAY, folder, dirs_exist_ok=True)
    return folder


def test_the_flow_is_not_shipped(bundle: Bundle) -> None:
    assert "look_up_store_hours" not in {step for flow in bundle.flows.values() for step in flow.steps}
    assert bundle.tables == {}


def test_its_conversations_and_all_shipped_ones_go_as_written(folder: Path) -> None:
    cases = read_cases(folder)
    assert len(matching(cases, "store_hours: ")) >= 7
    result = run_suite(folder, load_bundle(folder), cases)
    assert [(each.case.title, str(each.failure)) for each in result.failed] == []


def test_a_real_phrase_starts_the_flow_by_the_training_data_alone(folder: Path) -> None:
    (case,) = (case for case in read_cases(folder) if case.name == "store hours, the city was named at once")
    by_itself = tuple(step for step in case.steps if step.kind != "understood")
    assert len(by_itself) < len(case.steps)
    result = run_suite(folder, load_bundle(folder), [Case(case.name, case.place, by_itself)])
    assert result.failed == ()


def test_every_step_branch_and_rung_is_passed(folder: Path) -> None:
    bundle = load_bundle(folder)
    result = run_suite(folder, bundle, matching(read_cases(folder), "store_hours: "))
    assert [way for way in result.coverage.not_passed if way.flow == "store_hours"] == []


async def test_it_can_be_published_and_taken_back(folder: Path) -> None:
    store = FakePublishedDialogues()
    before, after = [
        await asyncio.to_thread(check, read_files(each), DialogueSettings(), lambda folder, bundle: ())
        for each in (BUNDLED_FOLDER, folder)
    ]
    for one in (before, after):
        await publish(store, one, "", "Анна", datetime(2026, 3, 1, tzinfo=UTC))
    assert store.current.active == after.bundle.hash
    told = {(change.section, change.name) for change in difference(read_files(BUNDLED_FOLDER), read_files(folder))}
    assert {("flows", "store_hours"), ("tables", "store_hours"), ("slots", "store_city")} <= told
    await roll_back(store, "Анна", datetime(2026, 3, 2, tzinfo=UTC))
    assert store.current.active == before.bundle.hash


@pytest.mark.parametrize("file", FILES)
def test_the_page_shows_the_files_as_they_are(file: str) -> None:
    """Each code block that follows a file's name is that file."""
    shown = re.search(rf"`{re.escape(file)}`[^\n]*\n+```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None, f"{file} is not on the page"
    assert shown[1] == (OVERLAY / file).read_text(encoding="utf-8")


def test_the_page_names_the_words_that_the_model_lacks_and_the_command_that_adds_them(folder: Path) -> None:
    lacking = lacking_words(folder)
    assert lacking
    command = command_that_adds(lacking, folder)
    assert command is not None
    assert command in PAGE
