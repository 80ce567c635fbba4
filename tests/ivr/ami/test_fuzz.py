"""Whatever a manager interface sends, the client stays well, and is connected again afterwards."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.ami.client import AmiClient
from ivr.ami.errors import AmiError
from ivr.ami.settings import AmiSettings
from tests.ivr.ami.scripted_manager import ScriptedManager

LIMIT_SECONDS = 10.0
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

FRAGMENTS = st.sampled_from(
    [
        b"Asterisk Call Manager/11.0.0\r\n",
        b"Response: Success\r\n",
        b"Response: Follows\r\n",
        b"Response: Fail\r\n",
        b"ActionID: {ActionID}\r\n",
        b"EventList: start\r\n",
        b"EventList: Complete\r\n",
        b"Event: Shutdown\r\n",
        b"Event: FullyBooted\r\n",
        b"Event: x\r\n",
        b"ChanVariable: \r\n",
        b"Message: x\r\n",
        b"Result: %FF\r\n",
        b": \r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\0",
        b"x" * 5000,
    ]
)
TALK = st.lists(st.one_of(FRAGMENTS, st.binary(max_size=60)), max_size=16).map(b"".join)


async def survive(before_login: bytes, after_login: bytes) -> None:
    """Let the first connection talk as told, the next one be a good one."""
    manager = ScriptedManager()
    await manager.start()
    client = AmiClient(
        AmiSettings.model_validate(
            {
                "port": manager.port,
                "secret": "a-secret",
                "message_limit_bytes": 4096,
                "connect_limit_seconds": 2,
                "reconnect_min_seconds": 0.01,
                "reconnect_max_seconds": 0.01,
            }
        )
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        with client.subscribe(queue_size=5):
            await client.start()
            session = await manager.accept()
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await session.send(before_login)
                if not before_login:
                    await session.play("login")
                    await client.wait_connected(LIMIT_SECONDS)
                    action = asyncio.create_task(client.action("QueueStatus", limit_seconds=0.02))
                    await session.receive_action()
                    await session.send(after_login.replace(b"{ActionID}", session.last_action_id.encode()))
                    with contextlib.suppress(AmiError):
                        await action
            await session.close()
            await (await manager.accept()).play("login")
            await client.wait_connected(LIMIT_SECONDS)
            await client.close()
    await manager.stop()


@FEW
@given(TALK.filter(bool))
def test_no_bytes_before_the_login_stop_the_client(data: bytes) -> None:
    asyncio.run(survive(data, b""))


@FEW
@given(TALK)
def test_no_bytes_after_the_login_stop_the_client(data: bytes) -> None:
    asyncio.run(survive(b"", data))
