"""What only the Redis store can get wrong."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from structlog.testing import capture_logs

from integrations.call_context.context_json import context_to_json
from integrations.call_context.keys import new_context_key
from integrations.call_context.port import CallContextError, CallContextGarbage
from integrations.call_context.redis_store import RedisCallContextStore
from integrations.redis_link import RedisLink
from integrations.settings import RedisSettings, RetentionSettings
from tests.integrations.call_context.examples import context
from tests.integrations.redis_server import RedisServer, free_port


def test_context_keys_are_long_unlike_and_safe_in_a_sip_header() -> None:
    keys = {new_context_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", key) for key in keys)


async def test_contexts_and_states_are_forgotten_after_the_retention_time(redis_link: RedisLink) -> None:
    store = RedisCallContextStore(redis_link, RetentionSettings(call_context_hours=2))
    saved = context()
    await store.save(saved)
    await store.save_dialogue_state("call-1", b"state")
    for key in (redis_link.key("context", saved.key), redis_link.key("dialogue", "call-1")):
        left_ms = await redis_link.client.pttl(key)
        assert 0 < left_ms <= 2 * 3_600_000


async def test_an_expired_context_is_unknown(redis_link: RedisLink) -> None:
    store = RedisCallContextStore(redis_link, RetentionSettings(call_context_hours=1e-9))  # one millisecond
    saved = context()
    await store.save(saved)
    async with asyncio.timeout(5):
        while await store.load(saved.key) is not None:
            await asyncio.sleep(0.001)


_GOOD = json.loads(context_to_json(context("k")))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"version":1}',
        b'{"version":"one","context":{}}',
        context_to_json(context())[:-40],
        json.dumps(_GOOD | {"version": 2}).encode(),
        json.dumps(_GOOD | {"context": _GOOD["context"] | {"transcript": "none"}}).encode(),
        json.dumps(_GOOD | {"context": {k: v for k, v in _GOOD["context"].items() if k != "call_id"}}).encode(),
    ],
)
async def test_garbage_in_the_store_is_an_error_with_a_log_line_that_tells_no_secrets(
    redis_link: RedisLink, value: bytes
) -> None:
    store = RedisCallContextStore(redis_link, RetentionSettings())
    await redis_link.client.set(redis_link.key("context", "k"), value)
    with capture_logs() as logs, pytest.raises(CallContextGarbage) as caught:
        await store.load("k")
    assert not caught.value.retryable
    assert [line["event"] for line in logs] == ["stored call context is garbage"]
    assert "+79160000001" not in str(logs) and "Анна" not in str(logs)


async def test_a_field_that_a_newer_worker_added_is_passed_over(redis_link: RedisLink) -> None:
    store = RedisCallContextStore(redis_link, RetentionSettings())
    newer = _GOOD | {"context": _GOOD["context"] | {"mood": "angry"}}
    await redis_link.client.set(redis_link.key("context", "k"), json.dumps(newer))
    assert await store.load("k") == context("k")


async def test_a_value_of_a_wrong_type_is_an_error_of_the_port(redis_link: RedisLink) -> None:
    store = RedisCallContextStore(redis_link, RetentionSettings())
    await redis_link.client.rpush(redis_link.key("dialogue", "call-1"), "x")
    with pytest.raises(CallContextError):
        await store.load_dialogue_state("call-1")


async def test_a_redis_that_never_was_there_is_an_error_of_the_port() -> None:
    async with RedisLink(RedisSettings(url=f"redis://127.0.0.1:{free_port()}", limit_seconds=0.3)) as link:
        with pytest.raises(CallContextError):
            await RedisCallContextStore(link, RetentionSettings()).save(context())


async def test_a_frozen_redis_is_an_error_within_the_limit_and_its_late_answer_is_never_taken_for_another(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    store = RedisCallContextStore(own_redis_link, RetentionSettings())
    await store.save_dialogue_state("call-1", b"one")
    await store.save_dialogue_state("call-2", b"two")
    own_redis_server.freeze()
    try:
        for _ in range(3):
            async with asyncio.timeout(5):  # a hang fails here, not at the test's own limit
                with pytest.raises(CallContextError) as caught:
                    await store.load_dialogue_state("call-1")
            assert caught.value.retryable
    finally:
        own_redis_server.thaw()
    assert await store.load_dialogue_state("call-2") == b"two"
    assert await store.load_dialogue_state("call-1") == b"one"


async def test_a_killed_redis_is_an_error_and_the_store_works_again_after_its_restart(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    store = RedisCallContextStore(own_redis_link, RetentionSettings())
    saved = context()
    await store.save(saved)
    own_redis_server.kill()
    with pytest.raises(CallContextError):
        await store.save(saved)
    own_redis_server.start()
    assert await store.load(saved.key) == saved  # the append-only file kept it


async def test_a_restart_between_two_calls_goes_unnoticed(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    store = RedisCallContextStore(own_redis_link, RetentionSettings())
    saved = context()
    await store.save(saved)
    own_redis_server.kill()
    own_redis_server.start()
    assert await store.load(saved.key) == saved


@pytest.mark.parametrize("steps", range(12))
async def test_a_hang_up_at_any_point_of_a_command_is_obeyed_and_leaves_the_link_sound(
    redis_link: RedisLink, steps: int
) -> None:
    store = RedisCallContextStore(redis_link, RetentionSettings())
    await store.save_dialogue_state("call-1", b"one")
    await store.save_dialogue_state("call-2", b"two")
    for _ in range(20):
        load = asyncio.create_task(store.load_dialogue_state("call-1"))
        for _ in range(steps):
            await asyncio.sleep(0)
        if load.cancel():
            with pytest.raises(asyncio.CancelledError):
                await load
        assert await store.load_dialogue_state("call-2") == b"two"


async def test_more_callers_than_connections_wait_for_their_turn(redis_server: RedisServer) -> None:
    settings = RedisSettings(url=redis_server.url, limit_seconds=10, key_prefix="crowd:", connections=2)
    async with RedisLink(settings) as link:
        store = RedisCallContextStore(link, RetentionSettings())
        await asyncio.gather(*(store.save_dialogue_state(f"call-{n}", b"%d" % n) for n in range(50)))
        loaded = await asyncio.gather(*(store.load_dialogue_state(f"call-{n}") for n in range(50)))
    assert loaded == [b"%d" % n for n in range(50)]


def test_a_link_without_an_address_says_who_should_have_given_it() -> None:
    with pytest.raises(ValueError, match="composition root"):
        RedisLink(RedisSettings())
