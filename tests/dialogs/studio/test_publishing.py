from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.reader import FlowErrors
from dialogs.settings import DialogueSettings
from dialogs.studio.archive import unpack
from dialogs.studio.port import Pointer, VersionUnknown
from dialogs.studio.publishing import (
    Checked,
    NothingToDo,
    TestsFailed,
    check,
    end_trial,
    publish,
    read_files,
    roll_back,
    try_out,
)
from tests.dialogs.studio.conftest import MakeDialogue
from tests.dialogs.studio.fake import FakePublishedDialogues
from tests.dialogs.studio.test_contract import version

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = "Анна"


def passing(folder: Path, bundle: Bundle) -> tuple[str, ...]:
    return ()


def checked(folder: Path) -> Checked:
    return check(read_files(folder), DialogueSettings(), passing)


@pytest.fixture
def store() -> FakePublishedDialogues:
    return FakePublishedDialogues()


async def published(store: FakePublishedDialogues, *folders: Path) -> list[str]:
    hashes = []
    for folder in folders:
        one = await asyncio.to_thread(checked, folder)
        await publish(store, one, "", WHO, NOW)
        hashes.append(one.bundle.hash)
    return hashes


async def test_what_was_checked_is_what_is_published(store: FakePublishedDialogues, dialogue: MakeDialogue) -> None:
    folder = dialogue(hello="Добрый день!")
    files = read_files(folder)
    one = check(files, DialogueSettings(), passing)
    (folder / "flows" / "shop.yml").write_text("изменён после проверки")
    pointer = await publish(store, one, "приветствие", WHO, NOW)
    assert (pointer.active, pointer.canary, pointer.moved_by, pointer.moved_at) == (one.bundle.hash, None, WHO, NOW)
    assert store.current == pointer
    assert unpack(store.archives[one.bundle.hash], one.bundle.hash) == files
    assert store.stored[one.bundle.hash].message == "приветствие"


def test_a_faulty_dialogue_is_refused_with_file_and_line(dialogue: MakeDialogue) -> None:
    folder = dialogue()
    shop = folder / "flows" / "shop.yml"
    shop.write_text(shop.read_text().replace("say: utter_hello", "say: utter_helo"))
    with pytest.raises(FlowErrors, match=r"flows/shop.yml:5: нет реплики «utter_helo»"):
        checked(folder)


@pytest.mark.parametrize(
    ("phrases", "told"),
    [
        ("nlu:\n- intent: hours\n  examples: |\n    - когда\n", "data:1: слишком мало фраз"),
        ("nlu: 5\n", "data/nlu/phrases.yml:1"),
    ],
)
def test_phrases_that_nothing_can_be_learnt_from_are_refused(dialogue: MakeDialogue, phrases: str, told: str) -> None:
    with pytest.raises(FlowErrors, match=told):
        checked(dialogue(phrases=phrases))


def test_a_dialogue_without_phrases_of_its_own_may_be_published(dialogue: MakeDialogue) -> None:
    assert checked(dialogue(phrases=None)).bundle.hash


def test_a_dialogue_whose_conversations_fail_is_refused(dialogue: MakeDialogue) -> None:
    seen: list[tuple[list[str], str]] = []

    def failing(folder: Path, bundle: Bundle) -> tuple[str, ...]:
        seen.append((sorted(path.name for path in folder.iterdir()), bundle.hash))
        return ("tests/conversations/menu.yml:3: баланс: не то",)

    with pytest.raises(TestsFailed, match="не то"):
        check(read_files(dialogue()), DialogueSettings(), failing)
    assert seen[0][0] == ["data", "domain", "flows"]


async def test_the_same_content_again_moves_nothing(store: FakePublishedDialogues, dialogue: MakeDialogue) -> None:
    (first,) = await published(store, dialogue())
    await published(store, dialogue())
    assert store.current == Pointer(first, revision=1, moved_at=NOW, moved_by=WHO)


async def test_a_trial_begins_grows_and_gets_all_calls(store: FakePublishedDialogues, dialogue: MakeDialogue) -> None:
    (first,) = await published(store, dialogue())
    second = await asyncio.to_thread(checked, dialogue(hello="Добрый день!"))
    pointer = await publish(store, second, "", WHO, NOW, share=10)
    assert (pointer.active, pointer.canary, pointer.canary_share) == (first, second.bundle.hash, 10)
    assert (await try_out(store, 50, WHO, NOW)).canary_share == 50
    pointer = await end_trial(store, WHO, NOW, promote=True)
    assert (pointer.active, pointer.canary) == (second.bundle.hash, None)
    assert (await roll_back(store, WHO, NOW)).active == first


async def test_a_trial_that_is_called_off_leaves_the_active_version(
    store: FakePublishedDialogues, dialogue: MakeDialogue
) -> None:
    first, second = await published(store, dialogue(), dialogue(hello="Добрый день!"))
    await try_out(store, 10, WHO, NOW, first[:8])
    pointer = await end_trial(store, WHO, NOW, promote=False)
    assert (pointer.active, pointer.canary) == (second, None)
    assert pointer.previous == (first,)


async def test_rolling_back_to_a_named_version(store: FakePublishedDialogues, dialogue: MakeDialogue) -> None:
    first, *_ = await published(store, *(dialogue(hello=text) for text in ("Раз.", "Два.", "Три.")))
    assert (await roll_back(store, WHO, NOW, first[:6])).active == first


async def test_what_changes_nothing_is_told(store: FakePublishedDialogues, dialogue: MakeDialogue) -> None:
    with pytest.raises(NothingToDo):
        await roll_back(store, WHO, NOW)
    (first,) = await published(store, dialogue())
    before = store.current
    with pytest.raises(NothingToDo):
        await roll_back(store, WHO, NOW, first)
    with pytest.raises(NothingToDo):
        await try_out(store, 10, WHO, NOW)
    with pytest.raises(NothingToDo):
        await try_out(store, 10, WHO, NOW, first)
    for promote in (True, False):
        with pytest.raises(NothingToDo):
            await end_trial(store, WHO, NOW, promote=promote)
    assert store.current == before


@pytest.mark.parametrize("name", ["", "abc", "zzzzzz"])
async def test_a_name_that_no_version_bears_is_told(
    store: FakePublishedDialogues, dialogue: MakeDialogue, name: str
) -> None:
    await published(store, dialogue())
    with pytest.raises(VersionUnknown):
        await roll_back(store, WHO, NOW, name)


async def test_a_name_that_several_versions_bear_is_told(store: FakePublishedDialogues) -> None:
    for number in (1, 2):
        await store.add(version(number), b"zip")
    with pytest.raises(VersionUnknown, match="несколько"):
        await roll_back(store, WHO, NOW, "0000")
