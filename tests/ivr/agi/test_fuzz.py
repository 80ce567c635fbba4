"""Whatever a peer sends, the server stays well and the next call is served."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.agi.channel import AgiChannel
from ivr.agi.errors import AgiError, HungUp
from ivr.agi.server import AgiServer
from ivr.agi.settings import AgiSettings
from tests.ivr.agi.scripted_asterisk import ScriptedAsterisk
from tests.ivr.agi.test_server import HEADERS_OF_A_CALL, is_served

SETTINGS = AgiSettings(
    port=0,
    header_limit_bytes=1024,
    line_limit_bytes=1024,
    close_limit_seconds=0.5,
)
LIMIT_SECONDS = 10.0
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])

FRAGMENTS = st.sampled_from(
    [
        b"agi_network: yes\n",
        b"agi_channel: \n",
        b"agi_network_script: call\n",
        b"200 result=1 (",
        b"200 result=-1\n",
        b"200 result=\n",
        b"100 \n",
        b"520-\n",
        b"520 End\n",
        b"511 dead\n",
        b"999999 x\n",
        b"HANGUP\n",
        b")\n",
        b"\r\n",
        b"\n\n",
        b"\0",
        b"x" * 2000,
    ]
)
TALK = st.lists(st.one_of(FRAGMENTS, st.binary(max_size=60)), max_size=12).map(b"".join)


async def greet(channel: AgiChannel) -> None:
    await channel.verbose("served")


async def use_everything(channel: AgiChannel) -> None:
    """Send every command; only the package's own errors may come of it."""
    for command in (
        lambda: channel.answer(),
        lambda: channel.get_variable("A"),
        lambda: channel.set_variable("A", "b"),
        lambda: channel.execute("Playback", "beep", limit_seconds=0.02),
        lambda: channel.is_up(),
        lambda: channel.verbose("x"),
        lambda: channel.hang_up(),
    ):
        with contextlib.suppress(AgiError, HungUp):
            await command()


async def talk_to(server: AgiServer, data: bytes, *, to_the_end: bool) -> None:
    peer = await ScriptedAsterisk.connect(server.port)
    with contextlib.suppress(OSError):
        await peer.send(data)
        if to_the_end:
            peer.send_end()
    await peer.receive_end()
    await peer.close()


@FEW
@given(TALK)
def test_no_bytes_to_the_port_stop_the_server(data: bytes) -> None:
    async def run() -> None:
        server = AgiServer(SETTINGS, {"call": greet})
        await server.start()
        async with asyncio.timeout(LIMIT_SECONDS):
            await talk_to(server, data, to_the_end=True)
            assert await is_served(server)
            await server.close()
        assert server.sessions == 0
        assert server.counters.route_failures == 0

    asyncio.run(run())


@FEW
@given(TALK)
def test_no_answers_to_commands_stop_the_server(answers: bytes) -> None:
    async def run() -> None:
        impatient = SETTINGS.model_copy(update={"command_limit_seconds": 0.02})
        server = AgiServer(impatient, {"call": use_everything})
        await server.start()
        async with asyncio.timeout(LIMIT_SECONDS):
            await talk_to(server, HEADERS_OF_A_CALL + b"\n" + answers, to_the_end=False)
            await server.close()
        assert server.sessions == 0
        assert server.counters.route_failures == 0

    asyncio.run(run())
