from __future__ import annotations

import asyncio
import time

from ivr.audio.clock import CATCH_UP_FRAMES, FrameClock
from ivr.audio.port import FRAME_SECONDS


async def test_the_clock_keeps_the_wall_clock_s_pace_over_many_ticks() -> None:
    """Errors of single ticks do not add up: after a second, ticks and time agree."""
    ticks: list[float] = []
    clock = FrameClock()
    loop = asyncio.get_running_loop()
    started = loop.time()
    clock.subscribe("call", lambda: ticks.append(loop.time()))
    while loop.time() < started + 1.0:
        await asyncio.sleep(0.01)
    clock.unsubscribe("call")
    expected = (ticks[-1] - started) / FRAME_SECONDS
    assert abs(len(ticks) + clock.skipped_ticks - expected) <= 2


async def test_after_a_stall_only_a_few_ticks_are_made_up_for() -> None:
    ticks: list[float] = []
    clock = FrameClock()
    clock.subscribe("call", lambda: ticks.append(0))
    await asyncio.sleep(FRAME_SECONDS)
    before = len(ticks)
    time.sleep(FRAME_SECONDS * 20)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(ticks) - before <= CATCH_UP_FRAMES
    assert clock.skipped_ticks >= 10
    clock.unsubscribe("call")


async def test_a_clock_without_calls_stands_still() -> None:
    late: list[float] = []
    clock = FrameClock(on_late=late.append)
    clock.subscribe("a", lambda: None)
    clock.unsubscribe("a")
    clock.unsubscribe("a")
    await asyncio.sleep(FRAME_SECONDS * 2)
    assert late == []


async def test_a_call_that_leaves_during_a_tick_does_not_disturb_the_others() -> None:
    seen: list[str] = []
    clock = FrameClock()

    def leave() -> None:
        seen.append("a")
        clock.unsubscribe("a")

    clock.subscribe("a", leave)
    clock.subscribe("b", lambda: seen.append("b"))
    while seen.count("b") < 3:
        await asyncio.sleep(FRAME_SECONDS)
    clock.unsubscribe("b")
    assert seen.count("a") == 1


async def test_a_call_that_breaks_on_its_tick_does_not_silence_the_others() -> None:
    ticks: list[str] = []
    clock = FrameClock()

    def broken() -> None:
        ticks.append("a")
        raise RuntimeError("the handler is closed")

    clock.subscribe("a", broken)
    clock.subscribe("b", lambda: ticks.append("b"))
    async with asyncio.timeout(5):
        while ticks.count("b") < 3:
            await asyncio.sleep(FRAME_SECONDS)
    clock.unsubscribe("b")
    assert ticks.count("a") == 1
