"""Actions and their answers, played from transcripts recorded with Asterisk 22.10."""

from __future__ import annotations

import asyncio

import pytest

from ivr.ami.client import AmiClient
from ivr.ami.errors import (
    AmiBusy,
    AmiConnectionLost,
    AmiDisconnected,
    AmiProtocolError,
    AmiRejected,
    AmiTimeout,
    AmiUnsafeValue,
)
from tests.ivr.ami.conftest import ClientStarter, Login
from tests.ivr.ami.scripted_manager import LIMIT_SECONDS, ManagerSession, ScriptedManager


async def next_action_name(session: ManagerSession) -> str:
    return dict(await session.receive_action())["Action"]


async def use_actions(client: AmiClient) -> None:
    queues = await client.action("QueueStatus")
    assert [event.name for event in queues.events] == ["QueueParams", "QueueMember"]
    assert queues.events[1].fields["Name"] == "Агент"
    assert queues.events[1].fields["PausedReason"] == ""
    added = await client.action("QueueAdd", Queue="hotline", Interface="Local/wait@trial", MemberName="Агент")
    assert added.message == "Added interface to queue"
    variables = ("YULIA_CTX=abc", "BOT_REASON=no_match")
    originate = {"Channel": "Local/wait@trial", "Application": "Wait", "Data": "1"}
    assert (await client.action("Originate", Variable=variables, **originate)).message.endswith("queued")
    with client.subscribe("OriginateResponse") as responses:
        assert (await client.action("Originate", Async="true", **originate)).message.endswith("queued")
        assert (await anext(responses)).fields["Reason"] == "4"
    uptime = await client.action("Command", Command="core show uptime")
    assert uptime.output == ("System uptime: 15 minutes, 10 seconds", "Last reload: 15 minutes, 10 seconds")
    with pytest.raises(AmiRejected, match="Channel does not exist: nosuch"):
        await client.action("Redirect", Channel="nosuch", Context="hotline", Exten="s", Priority="1")
    with pytest.raises(AmiRejected, match="Invalid/unknown command"):
        await client.action("NoSuch")


async def test_actions_get_their_whole_answers(log_in: Login) -> None:
    client, session = await log_in()
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        tasks.create_task(session.play("actions"))
        tasks.create_task(use_actions(client))


async def test_answers_in_another_order_find_their_actions(log_in: Login) -> None:
    client, session = await log_in()
    first = asyncio.create_task(client.action("First"))
    first_id = dict(await session.receive_action())["ActionID"]
    second = asyncio.create_task(client.action("Second"))
    await session.receive_action()
    await session.answer("Message: second")
    assert (await second).message == "second"
    assert not first.done()
    await session.send(f"Response: Success\r\nActionID: {first_id}\r\nMessage: first\r\n\r\n")
    assert (await first).message == "first"


async def test_an_action_while_disconnected_is_refused_and_never_runs_late(
    manager: ScriptedManager, start_client: ClientStarter
) -> None:
    client = await start_client()
    with pytest.raises(AmiDisconnected):
        await client.action("Redirect", Channel="PJSIP/a-1", Context="hotline", Exten="s", Priority="1")
    session = await manager.accept()
    await session.play("login")
    await client.wait_connected(LIMIT_SECONDS)
    asyncio.create_task(client.action("Ping", limit_seconds=5)).add_done_callback(lambda ping: ping.exception())
    assert await next_action_name(session) == "Ping"


async def test_an_action_under_way_when_the_connection_ends_fails_at_once_and_never_runs_late(
    manager: ScriptedManager, log_in: Login
) -> None:
    client, session = await log_in()
    redirect = asyncio.create_task(client.action("Redirect", Channel="PJSIP/a-1", limit_seconds=600))
    await session.receive_action()
    await session.close()
    async with asyncio.timeout(LIMIT_SECONDS):
        with pytest.raises(AmiConnectionLost) as lost:
            await redirect
    assert not lost.value.retryable
    again = await manager.accept()
    await again.play("login")
    await client.wait_connected(LIMIT_SECONDS)
    ping = asyncio.create_task(client.action("Ping"))
    assert await next_action_name(again) == "Ping"
    await again.answer("Ping: Pong")
    assert (await ping).fields["Ping"] == "Pong"


async def test_an_action_without_an_answer_ends_in_time_and_a_late_answer_is_ignored(log_in: Login) -> None:
    client, session = await log_in()
    with pytest.raises(AmiTimeout):
        await client.action("QueueStatus", limit_seconds=0.05)
    await session.receive_action()
    await session.answer("Message: late")
    ping = asyncio.create_task(client.action("Ping"))
    await session.receive_action()
    await session.answer("Ping: Pong")
    assert (await ping).message == ""


@pytest.mark.parametrize("ending", ["timeout", "cancelled"])
async def test_an_action_that_nobody_waits_for_leaves_nothing_behind(log_in: Login, ending: str) -> None:
    client, session = await log_in(pending_actions_limit=1)
    for _ in range(3):
        action = asyncio.create_task(client.action("Ping", limit_seconds=0.05 if ending == "timeout" else 60))
        await session.receive_action()
        if ending == "cancelled":
            action.cancel()
        with pytest.raises((AmiTimeout, asyncio.CancelledError)):
            await action


async def test_more_actions_than_the_limit_are_refused(log_in: Login) -> None:
    client, session = await log_in(pending_actions_limit=1)
    first = asyncio.create_task(client.action("Ping"))
    await session.receive_action()
    with pytest.raises(AmiBusy) as busy:
        await client.action("Ping")
    assert busy.value.retryable
    await session.answer()
    await first


async def test_a_list_without_end_is_bounded(log_in: Login) -> None:
    client, session = await log_in(list_limit_events=5)
    listing = asyncio.create_task(client.action("QueueStatus"))
    await session.receive_action()
    await session.answer("EventList: start")
    for _ in range(5):
        await session.send("Event: QueueMember\r\nActionID: {ActionID}\r\n\r\n")
    with pytest.raises(AmiProtocolError, match="more than 5 events"):
        await listing
    assert client.connected


async def test_an_empty_list_is_complete(log_in: Login) -> None:
    client, session = await log_in()
    listing = asyncio.create_task(client.action("QueueStatus"))
    await session.receive_action()
    await session.answer("EventList: start")
    await session.send("Event: QueueStatusComplete\r\nActionID: {ActionID}\r\nEventList: Complete\r\n\r\n")
    assert (await listing).events == ()


@pytest.mark.parametrize(
    "value",
    ["x\r\nAction: Originate", "x\ny", "x\ry", "x\0y", "ы" * 600, "\ud800", ("fine", "x\ny"), ("x",) * 200],
    ids=["injection", "LF", "CR", "NUL", "too long", "surrogate", "in a tuple", "too many"],
)
async def test_values_that_would_break_out_of_their_line_are_refused(
    log_in: Login, value: str | tuple[str, ...]
) -> None:
    client, session = await log_in()
    with pytest.raises(AmiUnsafeValue):
        await client.action("UserEvent", Text=value)
    ping = asyncio.create_task(client.action("Ping"))
    assert await next_action_name(session) == "Ping"
    await session.answer()
    await ping


@pytest.mark.parametrize("name", ["Text: x\r\nAction", "", "Text: ", "Тема", "ActionID", "action", "CommandID"])
async def test_bad_and_reserved_field_names_are_refused(log_in: Login, name: str) -> None:
    client, _ = await log_in()
    with pytest.raises(AmiUnsafeValue):
        await client.action("UserEvent", **{name: "x"})


async def test_a_name_of_an_action_cannot_break_out_of_its_line(log_in: Login) -> None:
    client, _ = await log_in()
    with pytest.raises(AmiUnsafeValue):
        await client.action("Ping\r\nAction: Originate")
