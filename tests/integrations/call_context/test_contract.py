"""What every call-context store does; run over the fake and over Redis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations.call_context.port import CallContextStore
from integrations.call_context.redis_store import RedisCallContextStore
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings
from tests.integrations.call_context.examples import context, entries
from tests.integrations.call_context.fake import FakeCallContextStore


@pytest.fixture(params=["fake", "redis"])
def store(request: pytest.FixtureRequest) -> CallContextStore:
    if request.param == "fake":
        return FakeCallContextStore()
    link: RedisLink = request.getfixturevalue("redis_link")
    return RedisCallContextStore(link, RetentionSettings())


async def test_a_saved_context_comes_back_as_it_was(store: CallContextStore) -> None:
    saved = context()
    await store.save(saved)
    assert await store.load(saved.key) == saved


async def test_a_context_of_an_unknown_caller_comes_back_with_its_gaps(store: CallContextStore) -> None:
    saved = replace(context(), caller_number=None, customer_id=None, customer_name=None, topic=None, reason=None)
    await store.save(saved)
    assert await store.load(saved.key) == saved


async def test_an_unknown_key_has_no_context(store: CallContextStore) -> None:
    assert await store.load("nobody") is None


async def test_saving_again_replaces_the_context(store: CallContextStore) -> None:
    first = context()
    await store.save(first)
    second = replace(first, topic="blocking", done=("Карта заблокирована",))
    await store.save(second)
    assert await store.load(first.key) == second


async def test_contexts_of_two_calls_do_not_mix(store: CallContextStore) -> None:
    one, two = context(call_id="call-1"), context(call_id="call-2")
    await store.save(one)
    await store.save(two)
    assert await store.load(one.key) == one
    assert await store.load(two.key) == two


async def test_only_the_newest_fifty_entries_of_a_transcript_are_kept(store: CallContextStore) -> None:
    long = context(turns=53)
    await store.save(long)
    loaded = await store.load(long.key)
    assert loaded is not None
    assert loaded.transcript == entries(53)[3:]


async def test_a_dialogue_state_comes_back_byte_for_byte(store: CallContextStore) -> None:
    state = bytes(range(256))
    await store.save_dialogue_state("call-1", state)
    assert await store.load_dialogue_state("call-1") == state


async def test_the_latest_dialogue_state_wins(store: CallContextStore) -> None:
    await store.save_dialogue_state("call-1", b"first")
    await store.save_dialogue_state("call-1", b"second")
    await store.save_dialogue_state("call-2", b"other")
    assert await store.load_dialogue_state("call-1") == b"second"


async def test_an_unknown_call_has_no_dialogue_state(store: CallContextStore) -> None:
    assert await store.load_dialogue_state("nobody") is None
