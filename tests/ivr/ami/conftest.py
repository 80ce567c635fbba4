from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from ivr.ami.client import AmiClient
from ivr.ami.settings import AmiSettings
from tests.ivr.ami.scripted_manager import LIMIT_SECONDS, ManagerSession, ScriptedManager

ClientStarter = Callable[..., Awaitable[AmiClient]]
Login = Callable[..., Awaitable[tuple[AmiClient, ManagerSession]]]


@pytest.fixture
async def manager() -> AsyncIterator[ScriptedManager]:
    """A listening manager interface of this test alone."""
    scripted = ScriptedManager()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
async def start_client(manager: ScriptedManager) -> AsyncIterator[ClientStarter]:
    """Start clients of the scripted manager; pings only where a test asks for them. All are closed at the end."""
    async with AsyncExitStack() as stack:

        async def start(**settings: object) -> AmiClient:
            values: dict[str, object] = {
                "port": manager.port,
                "secret": "a-secret",
                "ping_seconds": 600,
                "reconnect_min_seconds": 0.02,
                "reconnect_max_seconds": 0.1,
                "refused_max_seconds": 0.1,
                **settings,
            }
            client = AmiClient(AmiSettings.model_validate(values))
            stack.push_async_callback(client.close)
            await client.start()
            return client

        yield start


@pytest.fixture
def log_in(manager: ScriptedManager, start_client: ClientStarter) -> Login:
    """Start a client and play the recorded login; return both sides."""

    async def run(**settings: object) -> tuple[AmiClient, ManagerSession]:
        client = await start_client(**settings)
        session = await manager.accept()
        await session.play("login")
        await client.wait_connected(LIMIT_SECONDS)
        return client, session

    return run
