from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

from ivr.line.call_log import follow, readable


def test_a_call_is_one_quiet_line() -> None:
    entry = {
        "event": "call ended", "level": "info", "timestamp": "2026-01-01T00:00:00Z", "call_id": "c1",
        "outcome": "handoff", "queue": "cards", "topic": None, "seconds": 12.5, "caller": "•••4567",
    }  # fmt: skip
    said = readable(json.dumps(entry))
    assert said is not None
    assert said.endswith("call  outcome=handoff  queue=cards  seconds=12.5  caller=•••4567")


def test_what_goes_wrong_is_shown_and_the_rest_is_not() -> None:
    assert readable('{"event": "AGI server listens", "level": "info"}') is None
    assert readable("Traceback (most recent call last):") is None
    assert readable('"a string"') is None
    said = readable('{"event": "AMI lost", "level": "warning", "tries": 3}')
    assert said is not None
    assert said.endswith("warning: AMI lost  tries=3")


async def test_lines_are_followed_as_they_come_and_a_replaced_file_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_text("old\n")
    async with aclosing(follow(path, path.stat().st_size)) as lines, asyncio.timeout(20):
        with path.open("a") as file:
            file.write("first\nhal")
        assert await anext(lines) == "first"
        with path.open("a") as file:
            file.write("f\n")
        assert await anext(lines) == "half"
        path.write_text("anew\n")
        assert await anext(lines) == "anew"
