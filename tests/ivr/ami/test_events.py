"""Events, played from transcripts recorded with Asterisk 22.10."""

from __future__ import annotations

import asyncio

import pytest

from ivr.ami.messages import AmiEvent
from ivr.ami.subscription import AmiSubscription
from tests.ivr.ami.conftest import Login
from tests.ivr.ami.scripted_manager import LIMIT_SECONDS, ScriptedManager


async def take(subscription: AmiSubscription, count: int) -> list[AmiEvent]:
    async with asyncio.timeout(LIMIT_SECONDS):
        return [await anext(subscription) for _ in range(count)]


@pytest.mark.parametrize("bytes_at_once", [1, 2, 3, 7, None])
async def test_cyrillic_survives_every_chunk_border(log_in: Login, bytes_at_once: int | None) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent") as events:
        for _ in range(3):
            await session.play("cyrillic", bytes_at_once=bytes_at_once)
        assert [event.fields["Text"] for event in await take(events, 3)] == ["привет, Юлия — «как дела»?"] * 3


async def test_bytes_that_are_no_text_do_not_break_the_connection(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent") as events:
        await session.send("Event: UserEvent\r\nText: Анна\r\n\r\n".encode("cp1251"))
        (event,) = await take(events, 1)
    assert event.fields["Text"] == "\N{REPLACEMENT CHARACTER}" * 4


async def test_one_channel_variable_reads_like_several(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe() as events:
        await session.play("variables")
        dial, newer, older, none = await take(events, 4)
    assert dial.channel_variables == {"YULIA_CTX": "abc=def", "BOT_REASON": "причина"}
    assert dial.destination_variables == {"YULIA_CTX": "abc", "BOT_REASON": ""}
    assert newer.channel_variables == older.channel_variables == {"YULIA_CTX": "abc"}
    assert newer.destination_variables == none.channel_variables == {}


async def test_messages_that_cannot_be_read_do_not_tear_the_connection(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent") as events:
        await session.play("unreadable")
        (event,) = await take(events, 1)
    assert event.fields["Text"] == "still there"
    assert client.counters.garbage_blocks == 4
    assert client.connected


async def test_a_subscription_gets_the_events_it_names(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("hangup", "DialBegin") as some, client.subscribe() as everything:
        await session.play("variables", "cyrillic")
        assert [event.name for event in await take(some, 2)] == ["DialBegin", "Hangup"]
        assert [event.name for event in await take(everything, 5)] == [
            "DialBegin",
            "Newstate",
            "Newstate",
            "Hangup",
            "UserEvent",
        ]


async def test_a_full_subscription_drops_the_oldest_and_counts(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent", queue_size=2) as slow, client.subscribe("UserEvent") as quick:
        for number in range(5):
            await session.send(f"Event: UserEvent\r\nNumber: {number}\r\n\r\n")
        assert [event.fields["Number"] for event in await take(quick, 5)] == ["0", "1", "2", "3", "4"]
        assert [event.fields["Number"] for event in await take(slow, 2)] == ["3", "4"]
        assert (slow.dropped, quick.dropped, client.counters.events_dropped) == (3, 0, 3)


async def test_a_subscription_outlives_a_reconnect(manager: ScriptedManager, log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent") as events:
        await session.close()
        again = await manager.accept()
        await again.play("login", "cyrillic")
        (event,) = await take(events, 1)
    assert event.name == "UserEvent"


async def test_a_closed_subscription_ends_after_what_it_holds(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent") as events:
        await session.play("cyrillic", "cyrillic")
        await take(events, 1)
    async with asyncio.timeout(LIMIT_SECONDS):
        assert len([event async for event in events]) <= 1


async def test_closing_the_client_ends_its_subscriptions(log_in: Login) -> None:
    client, _ = await log_in()
    with client.subscribe() as events:
        following = asyncio.create_task(anext(events, None))
        await client.close()
        async with asyncio.timeout(LIMIT_SECONDS):
            assert await following is None


async def test_an_event_does_not_print_its_fields(log_in: Login) -> None:
    client, session = await log_in()
    with client.subscribe("UserEvent") as events:
        await session.send("Event: UserEvent\r\nCallerIDNum: 79160000001\r\n\r\n")
        (event,) = await take(events, 1)
    assert "79160000001" not in repr(event)
