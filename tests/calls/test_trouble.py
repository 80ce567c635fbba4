"""What the caller hears when something fails: never silence, never something that is not so."""

from __future__ import annotations

import asyncio

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import call, hear_question, prompts, turns
from tests.calls.running_line import LineAddresses


async def test_hang_up_in_the_middle_of_a_prompt(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000021")
    await ringing.wait_sound()
    await ringing.hear_seconds(0.5)
    await ringing.hang_up()
    record = await line.latest_record("0021")
    assert record.end is not None
    assert record.end.outcome is CallOutcome.HUNG_UP
    assert turns(record, "caller") == []


async def test_hang_up_in_the_middle_of_a_recognition(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000022")
    await hear_question(ringing)
    saying = asyncio.create_task(ringing.say("я хочу узнать сколько у меня баллов на карте"))
    await ringing.hear_seconds(0.8)
    await ringing.hang_up()
    await asyncio.gather(saying, return_exceptions=True)
    record = await line.latest_record("0022")
    assert record.end is not None
    assert record.end.outcome is CallOutcome.HUNG_UP


async def test_hang_up_in_the_middle_of_a_lookup(phones: SoftPhones, line: LineAddresses) -> None:
    await line.switch_loyalty("hang", only_phone="+79160000023")
    ringing = await call(phones, line, "+79160000023")
    await hear_question(ringing)
    await ringing.press("1")
    await ringing.hear_seconds(0.5)
    await ringing.hang_up()
    record = await line.latest_record("0023")
    assert record.end is not None
    assert record.end.outcome is CallOutcome.HUNG_UP
    assert not any("балл" in prompt for prompt in prompts(record)[2:])


async def test_a_slow_loyalty_system_is_waited_for_with_a_word(phones: SoftPhones, line: LineAddresses) -> None:
    await line.switch_loyalty("slow", seconds=1.6, only_phone="+79160000006")
    ringing = await call(phones, line, "+79160000006")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.hear_seconds(4.0)
    await ringing.press("2")
    await ringing.wait_closed(15)
    said = prompts(await line.latest_record("0006"))
    assert any(prompt in ("Одну секунду.", "Минутку, смотрю.") for prompt in said)
    assert any("ноль баллов" in prompt for prompt in said)


async def test_after_the_call_nothing_is_left_open(phones: SoftPhones, line: LineAddresses) -> None:
    """A caller who leaves frees the call's place; the clock and the streams go with it."""
    ringing = await call(phones, line, "+79160000024")
    await ringing.wait_sound()
    await ringing.hang_up()
    await line.latest_record("0024")
    assert 'yulia_errors_total{kind="internal"}' not in await line.metrics()
