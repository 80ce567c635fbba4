from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from ivr.agi.channel import AgiChannel
from ivr.agi.server import AgiServer, Route
from ivr.agi.settings import AgiSettings
from tests.ivr.agi.scripted_asterisk import LIMIT_SECONDS, ScriptedAsterisk

ServerStarter = Callable[..., Awaitable[AgiServer]]
PeerConnector = Callable[[AgiServer], Awaitable[ScriptedAsterisk]]
CallPlayer = Callable[..., Awaitable[None]]


@pytest.fixture
async def start_server() -> AsyncIterator[ServerStarter]:
    """Start servers with the given routes and settings; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def start(routes: dict[str, Route], **settings: object) -> AgiServer:
            values: dict[str, object] = {"port": 0, "close_limit_seconds": 0.2, **settings}
            server = AgiServer(AgiSettings.model_validate(values), routes)
            await server.start()
            stack.push_async_callback(server.close)
            return server

        yield start


@pytest.fixture
async def connect() -> AsyncIterator[PeerConnector]:
    """Connect scripted peers; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_peer(server: AgiServer) -> ScriptedAsterisk:
            peer = await ScriptedAsterisk.connect(server.port)
            stack.push_async_callback(peer.close)
            return peer

        yield open_peer


@pytest.fixture
def play_call(start_server: ServerStarter, connect: PeerConnector) -> CallPlayer:
    """Play a call with the recorded headers and the named transcripts against a route; raise what the route raises."""

    async def play(route: Route, *transcripts: str, headers: str = "headers", **settings: object) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def observed(channel: AgiChannel) -> None:
            try:
                await route(channel)
            except Exception as error:
                ended.set_exception(error)
            else:
                ended.set_result(None)

        server = await start_server({"call": observed}, **settings)
        peer = await connect(server)
        async with asyncio.timeout(LIMIT_SECONDS):
            await peer.play(headers, *transcripts)
            await ended

    return play
