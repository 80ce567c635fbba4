from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from asr_models.voice_activity import SILENCE_DB, level_db
from ivr.audio.port import CallerAudio, CallerInput, HungUp, KeyPressed
from ivr.session.ear import Ear
from tests.asr_models.speech_samples import FRAME_BYTES, noise
from tests.ivr.session.scripted_line import Line, Voice, settle

LOUD = noise(0.02, level_db=-20)


class Caller(Line):
    """A line on which the test says what was sent to the caller as well."""

    def put(self, received: CallerInput) -> None:
        self._inputs.put_nowait(received)


class Hearer:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.frames: list[tuple[bytes, float]] = []

    def hear(self, pcm16: bytes, echo_db: float) -> None:
        self.frames.append((pcm16, echo_db))


@pytest.fixture
async def caller() -> AsyncIterator[tuple[Caller, Ear]]:
    line = Caller(Voice())
    ear = Ear(line)
    pumping = asyncio.create_task(ear.run())
    yield line, ear
    pumping.cancel()
    with suppress(asyncio.CancelledError, HungUp):
        await pumping


async def test_frames_and_keys_go_to_whoever_asks(caller: tuple[Caller, Ear]) -> None:
    line, ear = caller
    hearer, keys = Hearer(), list[str]()
    with ear.lent_to(hearer, keys.append):
        line.put(CallerAudio(LOUD))
        line.put(KeyPressed("7"))
        await settle()
    line.put(CallerAudio(LOUD))
    await settle()
    assert (hearer.frames, keys) == ([(LOUD, SILENCE_DB)], ["7"])


async def test_the_hearer_is_told_how_loud_the_echo_may_be(caller: tuple[Caller, Ear]) -> None:
    line, ear = caller
    hearer = Hearer()
    with ear.lent_to(hearer, lambda key: None):
        for _ in range(50):
            line.put(CallerAudio(bytes(FRAME_BYTES), LOUD))
        for _ in range(20):
            await settle()
    assert SILENCE_DB < hearer.frames[0][1] < level_db(LOUD), "before it is known"
    assert hearer.frames[-1][1] < level_db(LOUD) - 25, "nothing comes back on this line"
