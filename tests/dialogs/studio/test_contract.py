"""What every store of published dialogues does; run over the fake and over Redis."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dialogs.studio.port import Pointer, PointerMoved, PublishedDialogues, Version, VersionUnknown
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.redis_link import RedisLink
from tests.dialogs.studio.fake import FakePublishedDialogues

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def version(number: int, **changes: object) -> Version:
    one = Version(f"{number:064x}", NOON + timedelta(minutes=number), "Анна", f"правка {number}")
    changed: Version = replace(one, **changes)  # type: ignore[arg-type]
    return changed


@pytest.fixture(params=["fake", "redis"])
def store(request: pytest.FixtureRequest) -> PublishedDialogues:
    if request.param == "fake":
        return FakePublishedDialogues()
    link: RedisLink = request.getfixturevalue("redis_link")
    return RedisPublishedDialogues(link)


async def test_at_first_there_is_nothing(store: PublishedDialogues) -> None:
    assert await store.versions() == ()
    assert await store.pointer() is None
    with pytest.raises(VersionUnknown):
        await store.archive("a" * 64)


async def test_a_version_comes_back_as_it_was_stored(store: PublishedDialogues) -> None:
    archive = bytes(range(256)) * 300
    assert await store.add(version(1), archive)
    assert await store.versions() == (version(1),)
    assert await store.archive(version(1).hash) == archive


async def test_the_newest_version_comes_first(store: PublishedDialogues) -> None:
    for number in (2, 3, 1):
        await store.add(version(number), b"zip")
    assert await store.versions() == (version(3), version(2), version(1))


async def test_the_same_content_again_keeps_who_published_it_first_and_mends_the_archive(
    store: PublishedDialogues,
) -> None:
    await store.add(version(1), b"damaged")
    assert not await store.add(version(1, author="Борис", message="ещё раз"), b"whole")
    assert await store.versions() == (version(1),)
    assert await store.archive(version(1).hash) == b"whole"


async def test_the_pointer_comes_back_as_it_was_put(store: PublishedDialogues) -> None:
    for number in (1, 2):
        await store.add(version(number), b"zip")
    first = replace(Pointer().activate(version(1).hash), moved_at=NOON, moved_by="Анна")
    await store.move(first)
    assert await store.pointer() == first
    second = first.try_out(version(2).hash, 10)
    await store.move(second)
    assert await store.pointer() == second


async def test_of_two_who_move_the_pointer_at_once_the_second_is_told(store: PublishedDialogues) -> None:
    for number in (1, 2):
        await store.add(version(number), b"zip")
    seen = Pointer()
    await store.move(seen.activate(version(1).hash))
    with pytest.raises(PointerMoved):
        await store.move(seen.activate(version(2).hash))
    assert (await store.pointer() or seen).active == version(1).hash


@pytest.mark.parametrize("pointer", [Pointer().activate("a" * 64), Pointer().try_out("a" * 64, 10)])
async def test_the_pointer_never_names_what_is_not_there(store: PublishedDialogues, pointer: Pointer) -> None:
    with pytest.raises(VersionUnknown):
        await store.move(pointer)
    assert await store.pointer() is None
