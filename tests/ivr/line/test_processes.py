from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ivr.line.processes import ProcessFailed, ProcessSpec, ProcessState, SupervisedProcess

# Says that it is ready by making a file, and lives until it is ended.
SERVES = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"


def spec(folder: Path, code: str, **changes: object) -> ProcessSpec:
    flag = folder / "ready"

    async def ready() -> bool:
        return flag.exists()

    plain = ProcessSpec(
        name="server",
        command=(sys.executable, "-c", code, str(flag)),
        ready=ready,
        log_file=folder / "server.log",
        environment={"PATH": os.defpath},
        folder=folder,
        mend="Turn it round.",
        start_limit_seconds=20,
        stop_limit_seconds=5,
    )
    return replace(plain, **changes)


@asynccontextmanager
async def supervised(wanted: ProcessSpec) -> AsyncIterator[SupervisedProcess]:
    process = SupervisedProcess(wanted)
    try:
        yield process
    finally:
        await process.stop()


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_a_process_is_ready_when_its_probe_says_so_and_gone_after_stop(tmp_path: Path) -> None:
    async with supervised(spec(tmp_path, SERVES)) as process:
        await process.start()
        assert process.state is ProcessState.READY
        pid = process.pid
        assert pid is not None
    assert process.state is ProcessState.STOPPED
    assert process.pid is None
    assert is_gone(pid)


async def test_a_process_that_ends_at_once_is_told_with_its_last_words_and_advice(tmp_path: Path) -> None:
    async with supervised(spec(tmp_path, "import sys; print('no such port'); sys.exit(3)")) as process:
        with pytest.raises(ProcessFailed) as failure:
            await process.start()
    assert failure.value.reason == "ended at once (ended with code 3)"
    assert failure.value.last_words == "no such port"
    assert "Turn it round." in str(failure.value)


async def test_a_process_that_is_never_ready_is_ended_at_its_limit(tmp_path: Path) -> None:
    async with supervised(spec(tmp_path, "import time; time.sleep(600)", start_limit_seconds=0.3)) as process:
        with pytest.raises(ProcessFailed, match=r"not ready within 0\.3 s"):
            await process.start()
        assert process.pid is None
        assert process.state is ProcessState.FAILED


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with supervised(spec(tmp_path, "", command=("/no/such/program",))) as process:
        with pytest.raises(ProcessFailed, match="/no/such/program"):
            await process.start()


async def test_a_crashed_process_is_started_again(tmp_path: Path) -> None:
    async with supervised(spec(tmp_path, SERVES)) as process:
        await process.start()
        killed = process.kill()
        await process.wait_for(ProcessState.RESTARTING, limit_seconds=10)
        assert process.detail == "ended by SIGKILL"
        await process.wait_for(ProcessState.READY, limit_seconds=20)
        assert process.pid not in (None, killed)
        assert process.restarts == 1


async def test_a_process_that_crashes_again_and_again_is_given_up(tmp_path: Path) -> None:
    crashes = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(0.2)"
    async with supervised(spec(tmp_path, crashes, restarts_limit=2)) as process:
        await process.start()
        await process.wait_for(ProcessState.FAILED, limit_seconds=30)
        assert "given up after 2 restarts" in process.detail
        assert process.restarts == 2


async def test_a_process_that_gives_no_sign_of_life_is_killed_and_started_again(tmp_path: Path) -> None:
    async def alive() -> bool:
        return False

    async with supervised(spec(tmp_path, SERVES, alive=alive, frozen_limit_seconds=0.1)) as process:
        await process.start()
        await process.wait_for(ProcessState.RESTARTING, limit_seconds=20)
        assert "no sign of life" in process.detail


async def test_a_process_that_ignores_sigterm_is_killed_at_its_limit(tmp_path: Path) -> None:
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVES}"
    async with supervised(spec(tmp_path, stubborn, stop_limit_seconds=0.2)) as process:
        await process.start()
        pid = process.pid
        assert pid is not None
    assert is_gone(pid)


async def test_what_a_process_started_itself_goes_with_it(tmp_path: Path) -> None:
    code = (
        "import pathlib, subprocess, sys, time; child = subprocess.Popen(['sleep', '600']); "
        "pathlib.Path('child').write_text(str(child.pid)); pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    )
    async with supervised(spec(tmp_path, code)) as process:
        await process.start()
        child = int((tmp_path / "child").read_text())
        assert not is_gone(child)
    # Killed with the group; whoever adopts it reaps it a moment later.
    async with asyncio.timeout(10):
        while not is_gone(child):
            await asyncio.sleep(0.02)


async def test_every_change_of_state_is_told(tmp_path: Path) -> None:
    seen: list[str] = []
    wanted: Callable[[SupervisedProcess], None] = lambda process: seen.append(process.state.value)  # noqa: E731
    process = SupervisedProcess(spec(tmp_path, SERVES), wanted)
    await process.start()
    await process.stop()
    assert seen == ["starting", "ready", "stopped"]


async def test_the_environment_is_the_given_one_and_nothing_else(tmp_path: Path) -> None:
    code = f"import os; print(sorted(os.environ), flush=True); {SERVES}"
    async with supervised(spec(tmp_path, code, environment={"PATH": os.defpath, "TOKEN": "x"})) as process:
        await process.start()
    names = (tmp_path / "server.log").read_text()
    assert "'PATH'" in names
    assert "'TOKEN'" in names
    assert "HOME" not in names
