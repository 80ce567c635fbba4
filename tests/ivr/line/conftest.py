from __future__ import annotations

import os
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ivr.line.line import Line
from ivr.line.plan import ASTERISK, REDIS, LinePlan
from ivr.line.settings import AsteriskSettings


def asterisk_settings(**changes: object) -> AsteriskSettings:
    root = os.environ.get("YULIA_ASTERISK__ROOT_DIR")
    return AsteriskSettings.model_validate({"root_dir": Path(root) if root else None, **changes})


@pytest.fixture(scope="session")
def notices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short notices, so that a test does not wait for the real ones to be spoken."""
    folder = tmp_path_factory.mktemp("notices")
    for name in ("notice_transfer", "notice_no_agents"):
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\0\0" * 1600)
    return folder


def servers_only(notices: Path, **changes: object) -> Line:
    """Plan a line of Redis and Asterisk alone on free ports: the worker is the test's."""
    plan = LinePlan(
        Path("/"), asterisk=asterisk_settings(**changes), parts=frozenset({REDIS, ASTERISK}), notices_dir=notices
    )
    return Line.on_free_ports(base=plan)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def line(notices: Path) -> AsyncIterator[Line]:
    """One running line for the tests of a module; short waits."""
    async with servers_only(
        notices, queue_unstaffed_limit_seconds=1, queue_limit_seconds=6, bot_limit_seconds=10
    ) as running:
        yield running
