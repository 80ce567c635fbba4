from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ivr.audio.audiosocket import AudioCounters, AudioSocketCall
from ivr.audio.port import KeyPressed
from ivr.audio.settings import AudioSettings
from ivr.session.key_relay import KeyRelay
from tests.ivr.ami.conftest import Login, log_in, manager, start_client
from tests.ivr.ami.scripted_manager import LIMIT_SECONDS, ManagerSession

__all__ = ["log_in", "manager", "start_client"]

OURS = "PJSIP/trunk-00000001"
OLD = "18.10.0"


class Relayed:
    """A relay at work on one call of ours."""

    def __init__(self, relay: KeyRelay, session: ManagerSession) -> None:
        self.relay = relay
        self.session = session
        self.audio = AudioSocketCall(asyncio.Transport(), AudioSettings(), AudioCounters())
        relay.live_call(OURS, self.audio)

    async def key(self, digit: str, channel: str = OURS, direction: str = "Received") -> None:
        fields = (f"Channel: {channel}", f"Digit: {digit}", "DurationMs: 100", f"Direction: {direction}")
        await self.session.send("".join(f"{line}\r\n" for line in ("Event: DTMFEnd", *fields, "")))

    async def received(self) -> KeyPressed:
        async with asyncio.timeout(LIMIT_SECONDS):
            received = await self.audio.receive()
        assert isinstance(received, KeyPressed)
        return received


@pytest.fixture
async def relayed(request: pytest.FixtureRequest, log_in: Login) -> AsyncIterator[Relayed]:
    """Relay the keys of an Asterisk, of the version that the test names."""
    client, session = await log_in()
    client.asterisk_version = getattr(request, "param", OLD)
    relay = KeyRelay(client)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0)
    yield Relayed(relay, session)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_keys_of_an_old_asterisk_reach_the_calls_audio(relayed: Relayed) -> None:
    for digit in "1*#":
        await relayed.key(digit)
    assert [(await relayed.received()).key for _ in range(3)] == ["1", "*", "#"]


async def test_only_keys_that_our_caller_pressed_are_relayed(relayed: Relayed) -> None:
    await relayed.key("1", channel="PJSIP/agent1-00000002")
    await relayed.key("2", direction="Sent")
    await relayed.key("3")
    assert (await relayed.received()).key == "3"


async def test_keys_of_a_call_that_has_ended_go_nowhere(relayed: Relayed) -> None:
    relayed.relay.live_call(OURS, None)
    await relayed.key("1")
    relayed.relay.live_call("PJSIP/trunk-00000002", relayed.audio)
    await relayed.key("2", channel="PJSIP/trunk-00000002")
    assert (await relayed.received()).key == "2"


@pytest.mark.parametrize("relayed", ["22.10.1+dfsg", None], indirect=True)
async def test_keys_that_come_in_the_stream_are_not_taken_twice(relayed: Relayed) -> None:
    await relayed.key("1")
    await relayed.key("2", channel="PJSIP/nobody")  # answered by the same reader, after the first
    await relayed.session.answer()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await relayed.audio.receive()
    relayed.audio.press("5")
    assert (await relayed.received()).key == "5"
