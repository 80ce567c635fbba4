from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from integrations.call_context.port import CallContext, CallContextError
from ivr.handoff.context_keeper import REMEMBERED_CONTEXTS, ContextKeeper
from ivr.observability.metrics import Metrics
from tests.integrations.call_context.examples import context
from tests.integrations.call_context.fake import FakeCallContextStore

LIMIT_SECONDS = 5.0


class SlowStore(FakeCallContextStore):
    """A store whose writes end when the test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.reasons: list[str | None] = []
        self.writing: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def save(self, context: CallContext) -> None:
        self.reasons.append(context.reason)
        may_end = asyncio.get_running_loop().create_future()
        self.writing.put_nowait(may_end)
        await may_end
        await super().save(context)

    async def next_write(self) -> asyncio.Future[None]:
        return await asyncio.wait_for(self.writing.get(), LIMIT_SECONDS)


class Kept:
    def __init__(self, store: FakeCallContextStore) -> None:
        self.metrics = Metrics()
        self.keeper = ContextKeeper(store, self.metrics)

    @property
    def errors(self) -> float:
        return self.metrics.registry.get_sample_value("yulia_errors_total", {"kind": "call_context"}) or 0.0


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def kept(stack: AsyncExitStack, store: FakeCallContextStore) -> Kept:
    keeping = Kept(store)
    stack.push_async_callback(keeping.keeper.close)
    return keeping


async def test_a_context_is_in_the_store_once_it_is_flushed(stack: AsyncExitStack) -> None:
    store = FakeCallContextStore()
    keeper = kept(stack, store).keeper
    call = context()
    keeper.keep(call)
    await keeper.flush(call.key, LIMIT_SECONDS)
    assert store.contexts == {call.key: call}


async def test_of_versions_that_come_during_a_write_only_the_newest_is_written(stack: AsyncExitStack) -> None:
    store = SlowStore()
    keeper = kept(stack, store).keeper
    call = context()
    for reason in ("first", "second", "third"):
        keeper.keep(replace(call, reason=reason))
        if reason == "first":
            writing = await store.next_write()
    writing.set_result(None)
    (await store.next_write()).set_result(None)
    await keeper.flush(call.key, LIMIT_SECONDS)
    assert store.reasons == ["first", "third"]
    assert store.contexts[call.key].reason == "third"


async def test_a_version_that_comes_just_as_a_write_ends_is_written_too(stack: AsyncExitStack) -> None:
    store = SlowStore()
    keeper = kept(stack, store).keeper
    call = context()
    keeper.keep(call)
    writing = await store.next_write()
    writing.set_result(None)  # wakes the writer in the next round of the loop; we come right after it
    asyncio.get_running_loop().call_soon(keeper.keep, replace(call, reason="newest"))
    (await store.next_write()).set_result(None)
    await keeper.flush(call.key, LIMIT_SECONDS)
    assert store.contexts[call.key].reason == "newest"


async def test_flushing_does_not_wait_for_a_store_that_hangs(stack: AsyncExitStack) -> None:
    store = SlowStore()
    keeper = kept(stack, store).keeper
    call = context()
    keeper.keep(call)
    await asyncio.wait_for(keeper.flush(call.key, 0.02), LIMIT_SECONDS)
    (await store.next_write()).set_result(None)
    await keeper.flush(call.key, LIMIT_SECONDS)
    assert call.key in store.contexts, "the write itself goes on"


async def test_flushing_what_was_never_kept_ends_at_once(stack: AsyncExitStack) -> None:
    await kept(stack, FakeCallContextStore()).keeper.flush("k" * 32, LIMIT_SECONDS)


async def test_while_the_store_is_down_memory_answers_and_the_next_version_is_tried(stack: AsyncExitStack) -> None:
    store = FakeCallContextStore()
    keeping = kept(stack, store)
    call = context()
    store.down = True
    keeping.keeper.keep(call)
    await keeping.keeper.flush(call.key, LIMIT_SECONDS)
    assert await keeping.keeper.find(call.key) == call
    assert keeping.errors == 1
    store.down = False
    keeping.keeper.keep(replace(call, reason="later"))
    await keeping.keeper.flush(call.key, LIMIT_SECONDS)
    assert store.contexts[call.key].reason == "later"


async def test_a_context_of_another_worker_comes_from_the_store(stack: AsyncExitStack) -> None:
    store = FakeCallContextStore()
    call = context()
    await store.save(call)
    assert await kept(stack, store).keeper.find(call.key) == call


async def test_a_context_that_nobody_knows_is_none_and_no_fault(stack: AsyncExitStack) -> None:
    keeping = kept(stack, FakeCallContextStore())
    assert await keeping.keeper.find("k" * 32) is None
    assert keeping.errors == 0


async def test_a_context_out_of_reach_is_none_and_counted(stack: AsyncExitStack) -> None:
    store = FakeCallContextStore()
    store.down = True
    keeping = kept(stack, store)
    assert await keeping.keeper.find("k" * 32) is None
    assert keeping.errors == 1


async def test_memory_holds_the_newest_contexts_only(stack: AsyncExitStack) -> None:
    store = FakeCallContextStore()
    keeper = kept(stack, store).keeper
    calls = [context(f"{number:032x}") for number in range(REMEMBERED_CONTEXTS + 1)]
    for call in calls:
        keeper.keep(call)
        await keeper.flush(call.key, LIMIT_SECONDS)
    store.expire()
    assert await keeper.find(calls[0].key) is None
    assert await keeper.find(calls[1].key) == calls[1]
    assert await keeper.find(calls[-1].key) == calls[-1]


async def test_a_context_that_is_still_touched_is_not_forgotten(stack: AsyncExitStack) -> None:
    store = FakeCallContextStore()
    keeper = kept(stack, store).keeper
    oldest = context("f" * 32)
    for number in range(REMEMBERED_CONTEXTS - 1):
        keeper.keep(oldest)
        keeper.keep(context(f"{number:032x}"))
    keeper.keep(context("e" * 32))
    store.down = True
    assert await keeper.find(oldest.key) == oldest


async def test_a_fault_of_one_write_does_not_stop_later_ones(stack: AsyncExitStack) -> None:
    store = SlowStore()
    keeper = kept(stack, store).keeper
    call = context()
    keeper.keep(call)
    (await store.next_write()).set_exception(CallContextError("lost"))
    await keeper.flush(call.key, LIMIT_SECONDS)
    keeper.keep(replace(call, reason="later"))
    (await store.next_write()).set_result(None)
    await keeper.flush(call.key, LIMIT_SECONDS)
    assert store.contexts[call.key].reason == "later"


async def test_closing_ends_writes_under_way() -> None:
    store = SlowStore()
    keeper = ContextKeeper(store, Metrics())
    keeper.keep(context())
    writing = await store.next_write()
    await asyncio.wait_for(keeper.close(), LIMIT_SECONDS)
    assert writing.cancelled()
