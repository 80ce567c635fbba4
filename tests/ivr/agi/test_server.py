"""What peers may do to the FastAGI server, and what routes may."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from ivr.agi.channel import AgiChannel
from ivr.agi.errors import HungUp
from ivr.agi.server import AgiServer
from tests.ivr.agi.conftest import PeerConnector, ServerStarter
from tests.ivr.agi.scripted_asterisk import ScriptedAsterisk

HEADERS_OF_A_CALL = b"agi_network_script: call\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\n"


async def greet(channel: AgiChannel) -> None:
    await channel.verbose("served")


async def is_served(server: AgiServer) -> bool:
    """Make a call to a server whose route is `greet`, and say whether it was served."""
    peer = await ScriptedAsterisk.connect(server.port)
    await peer.send(HEADERS_OF_A_CALL + b"\n")
    line = await peer.receive_line()
    with contextlib.suppress(ConnectionError):
        await peer.send(b"200 result=1\n")
    await peer.receive_end()
    await peer.close()
    return line == "VERBOSE served 1"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_peer_that_connects_and_closes_does_not_freeze_the_server(start_server: ServerStarter) -> None:
    server = await start_server({"call": greet})
    for _ in range(3):
        peer = await ScriptedAsterisk.connect(server.port)
        await peer.close()
    await until(lambda: server.counters.refused_bad == 3)
    assert await is_served(server)


async def test_a_peer_that_resets_does_not_freeze_the_server(start_server: ServerStarter) -> None:
    server = await start_server({"call": greet})
    peer = await ScriptedAsterisk.connect(server.port)
    await peer.send(b"agi_network: yes\n")
    peer.reset()
    await until(lambda: server.counters.refused_bad == 1)
    assert await is_served(server)


BAD_PEERS = {
    "http": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "garbage instead of AGI headers"),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\n\xfc\x03\n\n", "garbage instead of AGI headers"),
    "nothing": (b"\n", "headers without agi_network_script, agi_channel, agi_uniqueid"),
    "no channel": (b"agi_network_script: call\nagi_uniqueid: 1\n\n", "headers without agi_channel"),
    "endless line": (b"agi_network: " + b"x" * 40_000, "a line over the limit"),
    "endless headers": (b"agi_network: yes\n" * 2000, "headers over the limit"),
    "unknown path": (HEADERS_OF_A_CALL.replace(b"call", b"../etc") + b"\n", "no route for the path"),
}


@pytest.mark.parametrize("peer_bytes, reason", BAD_PEERS.values(), ids=BAD_PEERS)
async def test_a_bad_peer_gets_a_closed_socket_and_a_log_line(
    start_server: ServerStarter, connect: PeerConnector, peer_bytes: bytes, reason: str
) -> None:
    server = await start_server({"call": greet})
    with capture_logs() as lines:
        peer = await connect(server)
        with contextlib.suppress(ConnectionError):
            await peer.send(peer_bytes)
        assert await peer.receive_end() == b""
    (line,) = [line for line in lines if line["event"] == "AGI connection refused"]
    assert line["reason"] == reason
    assert "127.0.0.1" in line["peer"]
    assert server.counters.refused_bad == 1
    assert await is_served(server)


async def test_a_silent_peer_is_closed_in_time(start_server: ServerStarter, connect: PeerConnector) -> None:
    server = await start_server({"call": greet}, header_limit_seconds=0.1)
    peer = await connect(server)
    assert await peer.receive_end() == b""
    assert server.counters.refused_bad == 1


async def test_a_peer_that_drips_its_headers_is_closed_in_time(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    server = await start_server({"call": greet}, header_limit_seconds=0.5)
    peer = await connect(server)

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await peer.send(b"agi_x: y\n")
                await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as tasks:
        dripping = tasks.create_task(drip())
        assert await peer.receive_end() == b""
        dripping.cancel()
    assert server.counters.refused_bad == 1
    assert await is_served(server)


async def test_slow_peers_do_not_hold_up_a_call(start_server: ServerStarter, connect: PeerConnector) -> None:
    server = await start_server({"call": greet}, max_sessions=10)
    for _ in range(9):
        await (await connect(server)).send(b"agi_network: yes\n")
    assert await is_served(server)


async def test_too_many_silent_peers_are_refused(start_server: ServerStarter, connect: PeerConnector) -> None:
    server = await start_server({"call": greet}, max_sessions=2)
    peers = [await connect(server) for _ in range(3)]
    assert await peers[2].receive_end() == b""
    assert server.counters.refused_full == 1


async def test_a_header_cannot_be_replaced_by_a_later_one(start_server: ServerStarter, connect: PeerConnector) -> None:
    channels: list[str] = []

    async def route(channel: AgiChannel) -> None:
        channels.append(channel.request.channel)

    peer = await connect(await start_server({"call": route}))
    # As if the argument's value had been «x», a line break, «agi_channel: …».
    await peer.send(HEADERS_OF_A_CALL + b"agi_arg_1: x\nagi_channel: PJSIP/evil\nand garbage\n\n")
    await peer.receive_end()
    assert channels == ["PJSIP/a-1"]


async def test_a_path_may_have_slashes_and_a_query(start_server: ServerStarter, connect: PeerConnector) -> None:
    paths: list[str] = []

    async def route(channel: AgiChannel) -> None:
        paths.append(channel.request.path)

    peer = await connect(await start_server({"/line/call": route}))
    await peer.send(HEADERS_OF_A_CALL.replace(b"script: call", b"script: line/call?x=1") + b"\n")
    await peer.receive_end()
    assert paths == ["line/call"]


async def test_more_calls_than_the_limit_are_closed_at_once(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    leave = asyncio.Event()

    async def stay(channel: AgiChannel) -> None:
        await leave.wait()

    server = await start_server({"call": stay}, max_sessions=2)
    peers = []
    for number in range(1, 4):
        peers.append(peer := await connect(server))
        await peer.send(HEADERS_OF_A_CALL + b"\n")
        await until(lambda number=number: server.counters.served + server.counters.refused_full == number)
    assert await peers[2].receive_end() == b""
    assert server.sessions == 2
    leave.set()
    for peer in peers[:2]:
        assert await peer.receive_end() == b""
    assert server.sessions == 0
    assert server.counters.served == 2


async def test_a_route_that_raises_closes_its_call_only(start_server: ServerStarter, connect: PeerConnector) -> None:
    async def fail(channel: AgiChannel) -> None:
        raise RuntimeError("a fault of ours")

    server = await start_server({"call": fail, "greet": greet})
    other = await connect(server)
    await other.send(HEADERS_OF_A_CALL.replace(b"call", b"greet") + b"\n")
    assert await other.receive_line() == "VERBOSE served 1"
    with capture_logs() as lines:
        peer = await connect(server)
        await peer.send(HEADERS_OF_A_CALL + b"\n")
        assert await peer.receive_end() == b""
    (line,) = [line for line in lines if line["event"] == "AGI route failed"]
    assert line["log_level"] == "error"
    assert line["channel"] == "PJSIP/a-1"
    assert server.counters.route_failures == 1
    assert server.sessions == 1
    await other.send(b"200 result=1\n")
    assert await other.receive_end() == b""
    assert server.sessions == 0


async def test_a_hang_up_in_a_route_is_no_failure(start_server: ServerStarter, connect: PeerConnector) -> None:
    async def route(channel: AgiChannel) -> None:
        raise HungUp("gone")

    server = await start_server({"call": route})
    peer = await connect(server)
    await peer.send(HEADERS_OF_A_CALL + b"\n")
    assert await peer.receive_end() == b""
    assert (server.counters.hang_ups, server.counters.route_failures) == (1, 0)


class Desk:
    async def __call__(self, channel: AgiChannel) -> None:
        await greet(channel)


@pytest.mark.parametrize(
    "route", [Desk(), functools.partial(greet), lambda channel: greet(channel)], ids=["object", "partial", "lambda"]
)
async def test_any_callable_that_gives_an_awaitable_is_a_route(
    start_server: ServerStarter, route: Callable[[AgiChannel], Awaitable[None]]
) -> None:
    assert await is_served(await start_server({"call": route}))


async def test_closing_lets_a_running_call_end(start_server: ServerStarter, connect: PeerConnector) -> None:
    server = await start_server({"call": greet}, close_limit_seconds=5)
    peer = await connect(server)
    await peer.send(HEADERS_OF_A_CALL + b"\n")
    assert await peer.receive_line() == "VERBOSE served 1"
    closing = asyncio.create_task(server.close())
    await peer.send(b"200 result=1\n")
    assert await peer.receive_end() == b""
    await closing
    assert (server.sessions, server.counters.route_failures) == (0, 0)


async def test_closing_cancels_a_call_that_does_not_end(start_server: ServerStarter, connect: PeerConnector) -> None:
    cancelled = asyncio.Event()

    async def stay(channel: AgiChannel) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    server = await start_server({"call": stay}, close_limit_seconds=0.05)
    peer = await connect(server)
    await peer.send(HEADERS_OF_A_CALL + b"\n")
    await until(lambda: server.sessions == 1)
    await server.close()
    assert cancelled.is_set()
    assert server.sessions == 0
    assert await peer.receive_end() == b""


async def test_a_closed_server_accepts_nobody(start_server: ServerStarter, connect: PeerConnector) -> None:
    server = await start_server({"call": greet})
    silent = await connect(server)
    await until(lambda: server.counters.connections == 1)
    await server.close()
    assert await silent.receive_end() == b""
    with pytest.raises(ConnectionError):
        await ScriptedAsterisk.connect(server.port)
    await server.close()


async def test_closing_does_not_wait_for_silent_peers(start_server: ServerStarter, connect: PeerConnector) -> None:
    server = await start_server({"call": greet}, header_limit_seconds=60, close_limit_seconds=60)
    silent = await connect(server)
    await until(lambda: server.counters.connections == 1)
    async with asyncio.timeout(5):
        await server.close()
    assert await silent.receive_end() == b""


async def test_a_peer_that_never_answers_does_not_hold_up_its_route(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    ended: list[str] = []

    async def chatter(channel: AgiChannel) -> None:
        await channel.set_variable("A", "x" * 1900)
        ended.append("answered")

    server = await start_server({"call": chatter}, command_limit_seconds=0.1)
    peer = await connect(server)
    await peer.send(HEADERS_OF_A_CALL + b"\n")
    await until(lambda: server.counters.route_failures == 1)
    assert ended == []
    assert server.sessions == 0
