"""Phones of several processes at once, as test workers have them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.ivr.softphone.scratch_asterisk import ScratchAsterisk

pytestmark = pytest.mark.call

_CALLER = """
import asyncio, sys
from ivr.softphone.phone import SoftPhones

async def main(server, seconds):
    tone = (b"\\x00\\x20" * 4 + b"\\x00\\xe0" * 4) * round(seconds * 1000)
    async with SoftPhones() as phones:
        calls = await asyncio.gather(*(phones.call("600", caller_number="+7916000", server=server) for _ in range(5)))
        print("up", flush=True)
        sys.stdin.readline()
        await asyncio.gather(*(call.say(tone) for call in calls))
        await asyncio.gather(*(call.hear_seconds(0.3) for call in calls))
        print(*(round(call.heard.sound_runs()[0].seconds, 2) for call in calls))

asyncio.run(main(sys.argv[1], float(sys.argv[2])))
"""


async def test_two_processes_call_at_once_without_hearing_each_other(asterisk: ScratchAsterisk) -> None:
    lengths = (0.3, 0.9)
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _CALLER, asterisk.server, str(seconds)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for seconds in lengths
    ]
    async with asyncio.timeout(30):
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"up\n"
        # All ten calls are up now.
        assert asterisk.live_calls() == 10
        outputs = [await process.communicate(b"go\n") for process in processes]
    for seconds, (output, _) in zip(lengths, outputs, strict=True):
        heard = [float(word) for word in output.split()]
        assert len(heard) == 5
        assert all(abs(length - seconds) < 0.15 for length in heard)
