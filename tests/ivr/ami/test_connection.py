"""The connection's life: login, loss, silence, strange peers; played from transcripts recorded with Asterisk 22.10."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from ivr.ami.client import AmiClient, AmiState
from ivr.ami.errors import AmiConnectionLost, AmiDisconnected, AmiNotConfigured, AmiTimeout, AmiUnsafeValue
from ivr.ami.settings import AmiSettings
from tests.ivr.ami.conftest import ClientStarter, Login
from tests.ivr.ami.scripted_manager import LIMIT_SECONDS, ManagerSession, ScriptedManager


def watch(client: AmiClient) -> asyncio.Queue[AmiState]:
    states: asyncio.Queue[AmiState] = asyncio.Queue()
    client.on_state_change(states.put_nowait)
    return states


async def next_state(states: asyncio.Queue[AmiState]) -> AmiState:
    async with asyncio.timeout(LIMIT_SECONDS):
        return await states.get()


async def accept_and_log_in(manager: ScriptedManager, client: AmiClient) -> ManagerSession:
    session = await manager.accept()
    await session.play("login")
    await client.wait_connected(LIMIT_SECONDS)
    return session


async def test_a_client_logs_in_and_knows_asterisks_version(log_in: Login) -> None:
    client, _ = await log_in()
    assert client.connected
    assert client.asterisk_version == "22.10.1+dfsg+~cs6.17.60671434-1"
    assert (client.counters.logins, client.counters.reconnects) == (1, 0)


async def test_a_manager_user_with_few_rights_is_connected_without_a_version(
    manager: ScriptedManager, start_client: ClientStarter
) -> None:
    client = await start_client()
    await (await manager.accept()).play("login_without_version")
    await client.wait_connected(LIMIT_SECONDS)
    assert client.asterisk_version is None


async def test_a_login_cut_at_every_byte_succeeds(manager: ScriptedManager, start_client: ClientStarter) -> None:
    client = await start_client()
    await (await manager.accept()).play("login", bytes_at_once=1)
    await client.wait_connected(LIMIT_SECONDS)


async def test_without_a_secret_nothing_starts() -> None:
    client = AmiClient(AmiSettings())
    with pytest.raises(AmiNotConfigured):
        await client.start()


@pytest.mark.parametrize("secret", ["x\r\nAction: Originate", "x" * 1100])
async def test_a_secret_that_cannot_be_sent_is_told_at_the_start(start_client: ClientStarter, secret: str) -> None:
    with pytest.raises(AmiUnsafeValue) as error:
        await start_client(secret=secret)
    assert secret not in str(error.value)


async def test_a_client_may_start_before_asterisk(manager: ScriptedManager, start_client: ClientStarter) -> None:
    await manager.stop()
    client = await start_client()
    with pytest.raises(AmiTimeout, match="no AMI connection within"):
        await client.wait_connected(0.1)
    assert not client.connected
    assert client.counters.connect_failures > 0
    await manager.start()
    await accept_and_log_in(manager, client)


async def test_a_wrong_password_is_told_and_tried_again_with_longer_pauses(
    manager: ScriptedManager, start_client: ClientStarter
) -> None:
    with capture_logs() as lines:
        client = await start_client()
        states = watch(client)
        for _ in range(4):
            await (await manager.accept()).play("login_refused")
        assert await next_state(states) is AmiState.LOGIN_REFUSED
        session = await accept_and_log_in(manager, client)
    assert await next_state(states) is AmiState.CONNECTED
    assert client.counters.login_failures == 4
    told = [line for line in lines if line["event"] == "No AMI connection"]
    assert len(told) == 4
    assert {line["log_level"] for line in told} == {"error"}
    assert {line["problem"] for line in told} == {"Asterisk refuses the login of yulia: Authentication failed"}
    assert told[-1]["next_try_seconds"] > told[0]["next_try_seconds"]
    assert "a-secret" not in repr(lines)
    await session.close()


async def test_an_asterisk_on_its_way_down_is_no_refused_login(
    manager: ScriptedManager, start_client: ClientStarter
) -> None:
    client = await start_client()
    await (await manager.accept()).play("login_during_shutdown")
    await accept_and_log_in(manager, client)
    assert (client.counters.login_failures, client.counters.connect_failures) == (0, 1)


async def test_an_asterisk_that_stays_away_is_told_once(manager: ScriptedManager, start_client: ClientStarter) -> None:
    await manager.stop()
    with capture_logs() as lines:
        client = await start_client()
        async with asyncio.timeout(LIMIT_SECONDS):
            while client.counters.connect_failures < 4:
                await asyncio.sleep(0.01)
    told = [line["log_level"] for line in lines if line["event"] == "No AMI connection"]
    assert told[0] == "warning"
    assert set(told[1:]) == {"debug"}


async def test_while_the_login_is_refused_waiting_and_acting_say_so(
    manager: ScriptedManager, start_client: ClientStarter
) -> None:
    client = await start_client(reconnect_min_seconds=60, refused_max_seconds=60)
    states = watch(client)
    await (await manager.accept()).play("login_refused")
    assert await next_state(states) is AmiState.LOGIN_REFUSED
    with pytest.raises(AmiTimeout, match="refuses the login of yulia"):
        await client.wait_connected(0.01)
    with pytest.raises(AmiDisconnected, match="refuses the login of yulia"):
        await client.action("Ping")


@pytest.mark.parametrize(
    "greeting",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\0\0", b"Asterisk Call Manager/" + b"9" * 500, b"\r\n\r\n"],
    ids=["http", "binary", "endless banner", "empty lines"],
)
async def test_a_peer_that_is_no_asterisk_manager_is_left(
    manager: ScriptedManager, start_client: ClientStarter, greeting: bytes
) -> None:
    client = await start_client()
    stranger = await manager.accept()
    with capture_logs() as lines:
        await stranger.send(greeting)
        await stranger.receive_end()
        await accept_and_log_in(manager, client)
    assert "no Asterisk manager at this address" in next(
        line["problem"] for line in lines if line["event"] == "No AMI connection"
    )


@pytest.mark.parametrize("greeting", [b"", b"Asterisk Call Mana", b"Asterisk Call Manager/11.0.0\r\n"])
async def test_a_peer_that_never_answers_the_login_is_left(
    manager: ScriptedManager, start_client: ClientStarter, greeting: bytes
) -> None:
    client = await start_client(connect_limit_seconds=0.7)
    silent = await manager.accept()
    await silent.send(greeting)
    await silent.receive_end()
    assert client.counters.connect_failures == 1
    await accept_and_log_in(manager, client)


async def test_a_connection_that_ends_before_the_login_is_answered_is_tried_again(
    manager: ScriptedManager, start_client: ClientStarter
) -> None:
    client = await start_client()
    session = await manager.accept()
    await session.send("Asterisk Call Manager/11.0.0\r\n")
    await session.receive_action()
    await session.close()
    await accept_and_log_in(manager, client)
    assert client.counters.connect_failures == 1
    assert client.counters.login_failures == 0


async def test_a_lost_connection_comes_back(manager: ScriptedManager, log_in: Login) -> None:
    client, session = await log_in()
    states = watch(client)
    await session.close()
    assert await next_state(states) is AmiState.DISCONNECTED
    await accept_and_log_in(manager, client)
    assert await next_state(states) is AmiState.CONNECTED
    assert (client.counters.connections_lost, client.counters.reconnects) == (1, 1)


async def test_asterisks_shutdown_ends_the_connection_at_once(manager: ScriptedManager, log_in: Login) -> None:
    client, session = await log_in()
    states = watch(client)
    waiting = asyncio.create_task(client.action("QueueStatus"))
    await session.receive_action()
    await session.play("shutdown")
    with pytest.raises(AmiConnectionLost, match="Asterisk shuts down"):
        await waiting
    assert await next_state(states) is AmiState.DISCONNECTED
    await accept_and_log_in(manager, client)


async def test_a_stopped_asterisk_is_noticed(manager: ScriptedManager, log_in: Login) -> None:
    with capture_logs() as lines:
        client, session = await log_in(ping_seconds=0.05, dead_after_seconds=0.1)
        states = watch(client)
        assert ("Action", "Ping") in await session.receive_action()
        assert await next_state(states) is AmiState.DISCONNECTED
        assert client.counters.silent_connections == 1
        await accept_and_log_in(manager, client)
    assert any("no answer to a ping" in line.get("problem", "") for line in lines)


async def test_events_do_not_stand_in_for_an_answered_ping(manager: ScriptedManager, log_in: Login) -> None:
    client, session = await log_in(ping_seconds=0.05, dead_after_seconds=0.2)
    states = watch(client)

    async def chatter() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await session.play("cyrillic")
                await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as tasks:
        chattering = tasks.create_task(chatter())
        assert await next_state(states) is AmiState.DISCONNECTED
        chattering.cancel()
    assert client.counters.silent_connections == 1


async def test_answered_pings_keep_the_connection(log_in: Login) -> None:
    client, session = await log_in(ping_seconds=0.01, dead_after_seconds=5)
    for _ in range(5):
        assert ("Action", "Ping") in await session.receive_action()
        await session.answer("Ping: Pong")
    assert client.connected
    assert client.counters.connections_lost == 0


@pytest.mark.parametrize("flood", [b"x" * 200_000, b"Event: x\r\n" * 20_000], ids=["no line ends", "no message end"])
async def test_a_message_without_end_is_bounded(manager: ScriptedManager, log_in: Login, flood: bytes) -> None:
    with capture_logs() as lines:
        client, session = await log_in(message_limit_bytes=10_000)
        with contextlib.suppress(ConnectionError):
            await session.send(flood)
        await session.receive_end()
        await accept_and_log_in(manager, client)
    assert any("a message over the limit" in line.get("problem", "") for line in lines)


async def test_a_peer_that_sends_only_garbage_is_left(manager: ScriptedManager, log_in: Login) -> None:
    client, session = await log_in()
    with contextlib.suppress(ConnectionError):
        await session.send(b"what is this\r\n\r\n" * 100)
    await session.receive_end()
    assert client.counters.garbage_blocks <= 100
    await accept_and_log_in(manager, client)


async def test_a_state_listener_that_raises_does_no_harm(manager: ScriptedManager, start_client: ClientStarter) -> None:
    client = await start_client()

    def fail(state: AmiState) -> None:
        raise RuntimeError(state)

    client.on_state_change(fail)
    states = watch(client)
    await accept_and_log_in(manager, client)
    assert await next_state(states) is AmiState.CONNECTED


@pytest.mark.parametrize("moment", ["connected", "pausing", "logging in"])
async def test_a_closed_client_does_not_connect_again(
    manager: ScriptedManager, start_client: ClientStarter, moment: str
) -> None:
    client = await start_client()
    session = await manager.accept()
    match moment:
        case "connected":
            await session.play("login")
            await client.wait_connected(LIMIT_SECONDS)
        case "pausing":
            states = watch(client)
            await session.play("login_refused")
            await next_state(states)
    async with asyncio.timeout(LIMIT_SECONDS):
        await client.close()
    assert client.state is AmiState.CLOSED
    await session.receive_end()
    with pytest.raises(AmiDisconnected):
        await client.action("Ping")
    connections = manager.connections
    await asyncio.sleep(0.3)  # three times the longest pause
    assert manager.connections == connections
