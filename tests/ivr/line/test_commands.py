"""What `yulia run` says and how it ends; the worker is a stand-in."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ivr.line.commands import run_line
from ivr.line.line import Line
from ivr.line.plan import ASTERISK, REDIS, WORKER
from tests.ivr.line.conftest import servers_only
from tests.ivr.line.test_line import STAND_IN_PROCESS


class Screen(io.StringIO):
    """What is printed, and the moment a sentence appears."""

    async def wait_for(self, sentence: str) -> None:
        async with asyncio.timeout(60):
            while sentence not in self.getvalue():
                await asyncio.sleep(0.05)


def planned(notices: Path, *command: str) -> Line:
    line = servers_only(notices)
    line.plan = replace(line.plan, parts=frozenset({REDIS, ASTERISK, WORKER}), worker_command=command)
    return line


async def test_run_tells_how_to_call_and_stops_everything_at_ctrl_c(notices: Path) -> None:
    line, screen = planned(notices, *STAND_IN_PROCESS), Screen()
    try:
        running = asyncio.create_task(run_line(line.plan, Console(file=screen, width=200)))
        await screen.wait_for("The line answers")
        assert line.folders.addresses_file.exists()
        os.kill(os.getpid(), signal.SIGINT)
        assert await running == 0
    finally:
        await line.stop()
    said = screen.getvalue()
    assert line.hotline_uri in said
    assert "secrets.json" in said
    for part in (REDIS, ASTERISK, WORKER):
        assert f"{part}: ready after" in said
        assert f"{part}: stopped" in said
    assert not line.folders.addresses_file.exists()


async def test_run_says_why_a_line_cannot_start_and_how_to_mend_it(notices: Path) -> None:
    line, screen = planned(notices, sys.executable, "-c", "raise SystemExit('no model [none], no ears')"), Screen()
    try:
        assert await run_line(line.plan, Console(file=screen, width=200)) == 1
    finally:
        await line.stop()
    said = screen.getvalue()
    assert "The line cannot start." in said
    assert "no model [none], no ears" in said
    assert "make setup" in said


async def test_ctrl_c_while_the_line_starts_leaves_nothing_running(notices: Path) -> None:
    never_ready = (sys.executable, "-c", "import time; time.sleep(600)")
    line, screen = planned(notices, *never_ready), Screen()
    try:
        running = asyncio.create_task(run_line(line.plan, Console(file=screen, width=200)))
        await screen.wait_for("asterisk: ready")
        os.kill(os.getpid(), signal.SIGINT)
        assert await running == 130
    finally:
        await line.stop()
    assert "redis: stopped" in screen.getvalue()
