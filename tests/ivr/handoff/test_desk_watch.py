from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from integrations.call_records.port import CallStart
from integrations.desk.port import DeskEvent, DeskEventKind
from ivr.handoff.context_keeper import ContextKeeper
from ivr.handoff.desk_watch import DeskWatch
from ivr.observability.metrics import Metrics
from tests.integrations.call_context.examples import context
from tests.integrations.call_context.fake import FakeCallContextStore
from tests.integrations.call_records.examples import start
from tests.integrations.call_records.fake import FakeCallRecords
from tests.integrations.desk.fake import FakeDesk
from tests.ivr.ami.conftest import Login, log_in, manager, start_client
from tests.ivr.ami.scripted_manager import LIMIT_SECONDS, ManagerSession

__all__ = ["log_in", "manager", "start_client"]

CARD = context("k" * 32)
AGENT = "PJSIP/agent1"


class Watched:
    """A desk watch over a scripted Asterisk, with one call of ours under way."""

    def __init__(self, session: ManagerSession) -> None:
        self.session = session
        self.desk = FakeDesk()
        self.records = FakeCallRecords()
        self.store = FakeCallContextStore()
        self.metrics = Metrics()

    async def tell(self, name: str, *fields: str, key: str | None = CARD.key) -> None:
        lines = [f"Event: {name}", "Queue: cards", "Channel: PJSIP/trunk-00000001", *fields]
        if key is not None:
            lines.append(f"ChanVariable: YULIA_CTX={key}")
        await self.session.send("".join(f"{line}\r\n" for line in (*lines, "")))

    async def published(self, count: int = 1) -> list[DeskEvent]:
        """Wait until so many events are on the desk."""
        events: list[DeskEvent] = []
        async with asyncio.timeout(LIMIT_SECONDS):
            async for event in self.desk.events(from_start=True):
                events.append(event)
                if len(events) == count:
                    break
        return events

    def errors(self, kind: str) -> float:
        return self.metrics.registry.get_sample_value("yulia_errors_total", {"kind": kind}) or 0.0


@pytest.fixture
async def watched(log_in: Login) -> AsyncIterator[Watched]:
    client, session = await log_in()
    watched = Watched(session)
    await watched.store.save(CARD)
    await watched.records.open(call_start())
    keeper = ContextKeeper(watched.store, watched.metrics)
    watch = DeskWatch(client, keeper, watched.desk, watched.records, watched.metrics)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    yield watched
    assert not running.done(), "the watch broke"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def call_start() -> CallStart:
    return start(CARD.call_id)


@pytest.mark.parametrize(
    ("name", "fields", "kind", "agent", "hold_seconds"),
    [
        ("QueueCallerJoin", ("Position: 1",), DeskEventKind.QUEUED, None, None),
        ("AgentCalled", (f"Interface: {AGENT}",), DeskEventKind.RINGING, AGENT, None),
        ("AgentConnect", (f"Interface: {AGENT}", "HoldTime: 7"), DeskEventKind.CONNECTED, AGENT, 7.0),
        ("AgentRingNoAnswer", (f"Interface: {AGENT}",), DeskEventKind.NOT_ANSWERED, AGENT, None),
        ("QueueCallerAbandon", ("HoldTime: 12",), DeskEventKind.ABANDONED, None, 12.0),
        ("AgentComplete", (f"Interface: {AGENT}", "HoldTime: 0"), DeskEventKind.COMPLETED, AGENT, 0.0),
    ],
)
async def test_each_step_of_a_handed_off_call_is_on_the_desk_with_its_card(
    watched: Watched,
    name: str,
    fields: tuple[str, ...],
    kind: DeskEventKind,
    agent: str | None,
    hold_seconds: float | None,
) -> None:
    await watched.tell(name, *fields)
    (event,) = await watched.published()
    assert (event.kind, event.queue, event.agent, event.hold_seconds) == (kind, "cards", agent, hold_seconds)
    assert event.context == CARD


async def test_the_card_is_found_by_the_callers_channel_when_the_event_is_of_the_agents(watched: Watched) -> None:
    await watched.tell("AgentCalled", f"DestChanVariable: YULIA_CTX={CARD.key}", key=None)
    assert (await watched.published())[0].context == CARD


async def test_the_record_notes_the_agent_who_took_the_call(watched: Watched) -> None:
    await watched.tell("AgentCalled", "Interface: PJSIP/agent2")
    await watched.tell("AgentConnect", f"Interface: {AGENT}")
    await watched.tell("AgentComplete", "Interface: PJSIP/agent3")
    await watched.published(3)
    record = watched.records.calls[CARD.call_id]
    assert record.agent == AGENT
    assert record.agent_connected_at is not None


@pytest.mark.parametrize("key", [None, "", "u" * 32])
async def test_calls_that_are_not_ours_stay_off_the_desk(watched: Watched, key: str | None) -> None:
    await watched.tell("AgentCalled", "Interface: PJSIP/agent2", key=key)
    await watched.tell("AgentCalled", f"Interface: {AGENT}")
    assert [event.agent for event in await watched.published()] == [AGENT]
    assert watched.errors("desk") == 0


async def test_a_desk_that_is_down_costs_its_event_only(watched: Watched) -> None:
    watched.desk.down = True
    await watched.tell("AgentConnect", f"Interface: {AGENT}")
    async with asyncio.timeout(LIMIT_SECONDS):
        while watched.records.calls[CARD.call_id].agent is None:  # noted though the desk is down
            await asyncio.sleep(0)
    assert watched.errors("desk") == 1
    watched.desk.down = False
    await watched.tell("AgentComplete", f"Interface: {AGENT}")
    assert (await watched.published())[0].kind is DeskEventKind.COMPLETED


async def test_records_that_are_down_cost_the_desk_nothing(watched: Watched) -> None:
    watched.records.down = True
    await watched.tell("AgentConnect", f"Interface: {AGENT}")
    await watched.tell("AgentComplete", f"Interface: {AGENT}")
    await watched.published(2)
    assert watched.errors("call_records") == 1


async def test_contexts_out_of_reach_end_nothing(watched: Watched) -> None:
    watched.store.down = True
    await watched.tell("AgentCalled", f"Interface: {AGENT}")
    async with asyncio.timeout(LIMIT_SECONDS):
        while watched.errors("call_context") == 0:
            await asyncio.sleep(0)
    watched.store.down = False
    await watched.tell("AgentComplete", f"Interface: {AGENT}")
    assert (await watched.published())[0].kind is DeskEventKind.COMPLETED


async def test_a_hold_time_that_is_no_number_is_left_out(watched: Watched) -> None:
    await watched.tell("AgentConnect", f"Interface: {AGENT}", "HoldTime: soon")
    assert (await watched.published())[0].hold_seconds is None
