"""Workers that crash, hang or talk nonsense: the line gets an error in time, and the next text is spoken."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from tts.port import SpeechError, TextRefused
from tts.worker_frames import ANSWER_HEAD
from tts.worker_process import WorkerPool, WorkerSpec

MakePool = Callable[..., WorkerPool]


@pytest.fixture
async def make_pool(tmp_path: Path) -> AsyncIterator[MakePool]:
    pools = []

    def make(
        fault: str = "",
        *,
        answer_limit: float = 5.0,
        start_limit: float = 10.0,
        own_limit: float = 20.0,
        queue: int = 8,
    ) -> WorkerPool:
        spec = WorkerSpec(
            name="odd",
            module="tests.tts.odd_worker",
            options={"fault": fault, "mark": str(tmp_path / "mark"), "limit_seconds": own_limit},
            start_limit_seconds=start_limit,
            answer_limit_seconds=answer_limit,
        )
        pool = WorkerPool(spec, processes=1, queue_size=queue)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        await pool.close()


def said(text: str) -> bytes:
    return text.encode("utf-16-le")


async def test_what_a_synthesiser_prints_does_not_get_into_the_sound(make_pool: MakePool) -> None:
    pool = make_pool()

    assert [(await pool.speak(text)).pcm16 for text in ("раз", "два", "три")] == [said("раз"), said("два"), said("три")]
    assert pool.starts == 1


async def test_a_worker_that_dies_on_a_text_is_started_again_and_the_text_is_spoken(make_pool: MakePool) -> None:
    pool = make_pool()

    assert (await pool.speak("умри однажды")).pcm16 == said("умри однажды")
    assert pool.starts == 2


async def test_a_text_that_kills_each_worker_fails_and_the_next_one_is_spoken(make_pool: MakePool) -> None:
    pool = make_pool()

    with pytest.raises(SpeechError, match="died"):
        await pool.speak("умри")

    assert (await pool.speak("жив")).pcm16 == said("жив")


async def test_a_worker_killed_between_two_texts_is_replaced_unnoticed(make_pool: MakePool) -> None:
    pool = make_pool()
    await pool.speak("раз")
    os.kill(pool.pids[0], signal.SIGKILL)

    assert (await pool.speak("два")).pcm16 == said("два")


async def test_a_hanging_worker_is_killed_at_the_limit_and_the_next_text_is_spoken(make_pool: MakePool) -> None:
    pool = make_pool(answer_limit=1.5)
    await pool.speak("раз")
    hanging = psutil.Process(pool.pids[0])

    with pytest.raises(SpeechError, match="longer than"):
        await pool.speak("зависни")

    assert not hanging.is_running()
    assert (await pool.speak("два")).pcm16 == said("два")


async def test_a_hanging_worker_ends_itself_when_nobody_kills_it(make_pool: MakePool) -> None:
    pool = make_pool(own_limit=1.0, answer_limit=15)

    with pytest.raises(SpeechError, match="died"):
        await pool.speak("зависни")


async def test_a_refused_text_is_told_with_its_reason_and_costs_no_restart(make_pool: MakePool) -> None:
    pool = make_pool()

    with pytest.raises(TextRefused, match="не хочу"):
        await pool.speak("откажи")
    with pytest.raises(TextRefused, match="no sound"):
        await pool.speak("молчи")

    await pool.speak("раз")
    assert pool.starts == 1


async def test_a_voice_that_is_missing_is_told_with_its_reason(make_pool: MakePool) -> None:
    with pytest.raises(SpeechError, match="the voice is not there"):
        await make_pool("no voice").speak("раз")


async def test_a_worker_that_does_not_start_in_time_is_an_error(make_pool: MakePool) -> None:
    with pytest.raises(SpeechError, match="did not start"):
        await make_pool("slow start", start_limit=0.5).speak("раз")


async def test_a_worker_that_talks_nonsense_is_an_error(make_pool: MakePool) -> None:
    with pytest.raises(SpeechError, match="died"):
        await make_pool("garbage").speak("раз")


async def test_a_full_queue_refuses_the_newest_and_counts_it(make_pool: MakePool) -> None:
    pool = make_pool(queue=2)

    asked = [asyncio.ensure_future(pool.speak(text)) for text in ("раз", "два", "три")]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(outcomes[2], SpeechError)
    assert "waiting already" in str(outcomes[2])
    assert not any(isinstance(outcome, BaseException) for outcome in outcomes[:2])
    assert pool.refused == 1


async def test_a_caller_who_stops_waiting_leaves_the_worker_in_step(make_pool: MakePool) -> None:
    pool = make_pool()
    await pool.speak("раз")

    waiting = asyncio.ensure_future(pool.speak("прочь"))
    following = asyncio.ensure_future(pool.speak("два"))
    await asyncio.sleep(0)
    waiting.cancel()

    assert (await following).pcm16 == said("два")
    assert pool.starts == 1


async def test_closing_ends_the_processes_and_those_who_wait(make_pool: MakePool) -> None:
    pool = make_pool()
    await pool.speak("раз")
    process = psutil.Process(pool.pids[0])
    waiting = [asyncio.ensure_future(pool.speak(text)) for text in ("зависни", "два")]
    await asyncio.sleep(0)

    await pool.close()

    assert not process.is_running()
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, SpeechError)
    with pytest.raises(SpeechError, match="closed"):
        await pool.speak("раз")


async def test_a_worker_whose_line_died_ends_by_itself() -> None:
    """Its standard input ends with the line, however the line ended."""
    worker = f"{shlex.quote(sys.executable)} -m tests.tts.odd_worker"
    options = shlex.quote(json.dumps({"fault": "", "mark": "", "limit_seconds": 30}))
    line = await asyncio.create_subprocess_shell(
        f"sleep 60 | {worker} {options}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert line.stdout is not None
    async with asyncio.timeout(20):
        await line.stdout.readexactly(ANSWER_HEAD.size)  # the worker is ready
        for child in psutil.Process(line.pid).children(recursive=True):
            if child.name() == "sleep":
                child.kill()
        await line.communicate()


async def test_workers_are_light() -> None:
    """A worker must not load the line: each one costs memory and start time."""
    heavy = ("numpy", "pydantic", "structlog", "asyncio", "vosk")
    code = f"import sys, tts.pyttsx3_worker, tts.rhvoice_worker; sys.exit(any(m in sys.modules for m in {heavy}))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=Path(__file__).parents[2])

    assert await process.wait() == 0
