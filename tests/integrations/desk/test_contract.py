"""What every desk does; run over the fake and over Redis."""

from __future__ import annotations

import asyncio

import pytest

from integrations.desk.port import Desk, DeskEventKind
from integrations.desk.redis_desk import RedisDesk
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings
from tests.integrations.desk.examples import event
from tests.integrations.desk.fake import FakeDesk
from tests.integrations.desk.follower import Follower, first_events


@pytest.fixture(params=["fake", "redis"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "fake":
        return FakeDesk()
    link: RedisLink = request.getfixturevalue("redis_link")
    return RedisDesk(link, RetentionSettings())


@pytest.mark.parametrize("kind", list(DeskEventKind))
async def test_an_event_arrives_as_it_was_published(desk: Desk, kind: DeskEventKind) -> None:
    published = event(1, kind)
    await desk.publish(published)
    assert await first_events(desk, 1) == [published]


async def test_events_arrive_in_the_order_of_publishing(desk: Desk) -> None:
    published = [event(number) for number in range(250)]
    for one in published:
        await desk.publish(one)
    assert await first_events(desk, 250) == published


async def test_every_screen_gets_every_event(desk: Desk) -> None:
    async with Follower(desk, from_start=True) as one, Follower(desk, from_start=True) as two:
        await desk.publish(event(1))
        await desk.publish(event(2))
        for screen in (one, two):
            assert [await screen.next_event(), await screen.next_event()] == [event(1), event(2)]


async def test_a_screen_that_comes_late_sees_only_what_is_new(desk: Desk) -> None:
    await desk.publish(event(0))
    async with Follower(desk) as screen:
        number = 0
        while not screen.has_event():  # the screen may still be finding the end
            number += 1
            await desk.publish(event(number))
            await asyncio.sleep(0.01)
        assert await screen.next_event() != event(0)


async def test_a_card_on_the_desk_keeps_the_newest_fifty_entries_of_its_transcript(desk: Desk) -> None:
    from dataclasses import replace

    from tests.integrations.call_context.examples import context

    await desk.publish(replace(event(1), context=context(turns=60)))
    (found,) = await first_events(desk, 1)
    assert found.context.transcript == context(turns=60).transcript[10:]
