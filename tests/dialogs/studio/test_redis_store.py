"""What only the Redis store can get wrong."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from dialogs.studio.port import Pointer, PointerMoved, StudioError, StudioGarbage
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.redis_link import RedisLink
from tests.dialogs.studio.test_contract import version
from tests.integrations.redis_server import RedisServer


async def test_old_versions_are_deleted_but_for_those_the_pointer_names(redis_link: RedisLink) -> None:
    store = RedisPublishedDialogues(redis_link, kept_versions=2)
    for number in (1, 2, 3):
        await store.add(version(number), b"zip")
        pointer = await store.pointer() or Pointer()
        if number == 1:
            await store.move(pointer.activate(version(1).hash))
    await store.add(version(4), b"zip")
    assert await store.versions() == (version(4), version(3), version(1))
    with pytest.raises(StudioError):
        await store.archive(version(2).hash)
    assert await store.archive(version(1).hash) == b"zip"


async def test_many_who_move_the_pointer_at_once_do_so_one_after_another(redis_link: RedisLink) -> None:
    store = RedisPublishedDialogues(redis_link)
    for number in range(20):
        await store.add(version(number), b"zip")
    moves = [store.move(Pointer().activate(version(number).hash)) for number in range(20)]
    outcomes = await asyncio.gather(*moves, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, PointerMoved) for outcome in outcomes) == 19
    winner = version(outcomes.index(None)).hash
    assert (await store.pointer() or Pointer()).active == winner


@pytest.mark.parametrize("garbage", [b"", b"[]", b"\xff", b'{"schema": 2, "pointer": {}}', b'{"schema": 1}'])
async def test_a_pointer_that_is_garbage_is_told_as_such(redis_link: RedisLink, garbage: bytes) -> None:
    store = RedisPublishedDialogues(redis_link)
    await redis_link.client.set(redis_link.key("studio", "pointer"), garbage)
    with pytest.raises(StudioGarbage):
        await store.pointer()


async def test_one_version_that_is_garbage_does_not_hide_the_others(redis_link: RedisLink) -> None:
    store = RedisPublishedDialogues(redis_link)
    await store.add(version(1), b"zip")
    await redis_link.client.hset(redis_link.key("studio", "versions"), "b" * 64, b"garbage")
    with capture_logs() as logs:
        assert await store.versions() == (version(1),)
    assert [entry["version"] for entry in logs] == ["b" * 64]


async def test_a_frozen_redis_is_an_error_within_the_limit_and_versions_outlive_its_restart(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    store = RedisPublishedDialogues(own_redis_link)
    await store.add(version(1), b"zip")
    await store.move(Pointer().activate(version(1).hash))
    own_redis_server.freeze()
    with pytest.raises(StudioError):
        await store.pointer()
    own_redis_server.kill()
    with pytest.raises(StudioError):
        await store.versions()
    own_redis_server.start()
    assert await store.pointer() == Pointer().activate(version(1).hash)
    assert await store.archive(version(1).hash) == b"zip"
