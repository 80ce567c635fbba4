"""Several calls at once, several lines at once."""

from __future__ import annotations

import asyncio

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import call, hear_question, prompts
from tests.calls.running_line import LineAddresses, own_line

POINTS = {
    "+79160000007": "один балл",
    "+79160000008": "два балла",
    "+79160000009": "пять баллов",
    "+79160000010": "двадцать один балл",
    "+79160000011": "тысяча двести тридцать четыре балла",
}


async def ask_balance(phones: SoftPhones, line: LineAddresses, caller_number: str) -> None:
    ringing = await call(phones, line, caller_number)
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(20)


async def test_ten_calls_at_once_hear_each_their_own_balance(phones: SoftPhones) -> None:
    """A line of its own, so that the newest record of a number is this test's."""
    async with own_line() as running:
        line = LineAddresses.of(running)
        callers = list(POINTS) * 2
        await asyncio.gather(*(ask_balance(phones, line, number) for number in callers))
        for number, points in POINTS.items():
            record = await line.latest_record(number[-4:])
            assert record.end is not None
            assert record.end.outcome is CallOutcome.CONTAINED
            assert any(points in prompt for prompt in prompts(record))


async def test_a_line_without_a_model_works_by_keys_and_says_so(phones: SoftPhones) -> None:
    async with own_line(YULIA_HEARING__MODEL_DIR="/nonexistent") as running:
        line = LineAddresses.of(running)
        await ask_balance(phones, line, "+79160000010")
        record = await line.latest_record("0010")
        assert record.end is not None
        assert record.end.outcome is CallOutcome.CONTAINED
        assert 'yulia_part_up{part="hearing"} 0.0' in await line.metrics()
