"""The shipped conversations (dialogs/tests/conversations), each a test of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.case_file import Case, read_cases
from dialogs.talks.player import play
from dialogs.talks.sandbox_world import SandboxWorlds
from dialogs.talks.understanding import FolderUnderstanding


@pytest.fixture(scope="module")
def worlds() -> Iterator[SandboxWorlds]:
    with SandboxWorlds() as made:
        yield made


@pytest.mark.parametrize("case", read_cases(BUNDLED_FOLDER), ids=lambda case: case.title)
async def test_conversation(case: Case, bundle: Bundle, worlds: SandboxWorlds) -> None:
    result = await play(case, bundle, FolderUnderstanding(BUNDLED_FOLDER).understand, worlds)
    assert result.failure is None, result.failure
