"""What only the Redis desk can get wrong."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from integrations.desk.event_json import event_to_json
from integrations.desk.port import DeskError, DeskEvent
from integrations.desk.redis_desk import RedisDesk
from integrations.redis_link import RedisLink
from integrations.settings import RetentionSettings
from tests.integrations.desk.examples import event
from tests.integrations.desk.follower import Follower, first_events
from tests.integrations.redis_server import RedisServer


async def test_the_stream_keeps_about_as_many_events_as_the_setting_says(redis_link: RedisLink) -> None:
    desk = RedisDesk(redis_link, RetentionSettings(desk_events=100))
    for number in range(500):
        await desk.publish(event(number))
    assert 100 <= await redis_link.client.xlen(redis_link.key("desk")) <= 200


async def test_cards_older_than_the_retention_time_leave_the_stream(redis_link: RedisLink) -> None:
    desk = RedisDesk(redis_link, RetentionSettings(call_context_hours=1))
    key = redis_link.key("desk")
    await redis_link.client.xadd(key, {"event": event_to_json(event(0))}, id="1000000000000-0")  # in 2001
    await desk.publish(event(1))
    assert await first_events(desk, 1) == [event(1)]
    assert 0 < await redis_link.client.pttl(key) <= 3_600_000


@pytest.mark.parametrize(
    "fields",
    [
        {b"event": b""},
        {b"event": b"not json"},
        {b"event": b"\xff\x00"},
        {b"event": event_to_json(event(1))[:-30]},
        {b"event": event_to_json(event(1)).replace(b'"version":1', b'"version":9')},
        {b"event": event_to_json(event(1)).replace(b'"ringing"', b'"dancing"')},
        {b"something": b"else"},
    ],
)
async def test_a_corrupt_entry_is_skipped_counted_and_logged_without_the_card(
    redis_link: RedisLink, fields: dict[str | bytes, str | bytes]
) -> None:
    desk = RedisDesk(redis_link, RetentionSettings())
    await desk.publish(event(1))
    await redis_link.client.xadd(redis_link.key("desk"), {**fields})
    await desk.publish(event(2))
    with capture_logs() as logs:
        assert await first_events(desk, 2) == [event(1), event(2)]
    assert desk.skipped_entries == 1
    assert [line["event"] for line in logs] == ["desk event skipped: garbage"]
    assert "Анна" not in str(logs) and "+7916" not in str(logs)


async def test_a_screen_goes_on_after_redis_was_killed_and_started_again(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    desk = RedisDesk(own_redis_link, RetentionSettings())
    async with Follower(desk, from_start=True) as screen:
        await desk.publish(event(1))
        assert await screen.next_event() == event(1)
        own_redis_server.kill()
        with pytest.raises(DeskError):
            await desk.publish(event(2))
        while desk.reconnects < 2:
            await asyncio.sleep(0.01)
        own_redis_server.start()
        await desk.publish(event(3))
        assert await screen.next_event() == event(3)


async def published_at_last(desk: RedisDesk, told: DeskEvent) -> None:
    """Publish as soon as Redis answers again in time."""
    while True:
        try:
            return await desk.publish(told)
        except DeskError:
            await asyncio.sleep(0.05)


async def test_a_screen_goes_on_after_redis_was_frozen(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    desk = RedisDesk(own_redis_link, RetentionSettings())
    async with Follower(desk, from_start=True) as screen:
        await desk.publish(event(1))
        assert await screen.next_event() == event(1)
        own_redis_server.freeze()
        try:
            with pytest.raises(DeskError):
                await desk.publish(event(2))
            while desk.reconnects < 1:
                await asyncio.sleep(0.01)
        finally:
            own_redis_server.thaw()
        await published_at_last(desk, event(3))
        seen = await screen.next_event()
        while seen == event(2):  # Redis may have had the command before its answer was given up
            seen = await screen.next_event()
        assert seen == event(3)


async def test_a_screen_that_starts_before_redis_gets_events_once_it_is_there(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    desk = RedisDesk(own_redis_link, RetentionSettings())
    own_redis_server.kill()
    async with Follower(desk, from_start=True) as screen:
        while desk.reconnects < 1:
            await asyncio.sleep(0.01)
        own_redis_server.start()
        await desk.publish(event(1))
        assert await screen.next_event() == event(1)


async def test_a_closed_screen_gives_its_connection_back(redis_server: RedisServer, redis_link: RedisLink) -> None:
    desk = RedisDesk(redis_link, RetentionSettings())
    await desk.publish(event(1))
    before = (await redis_link.client.info("clients"))["connected_clients"]
    for _ in range(5):
        await first_events(desk, 1)
    async with asyncio.timeout(10):
        while (await redis_link.client.info("clients"))["connected_clients"] > before:
            await asyncio.sleep(0.01)
