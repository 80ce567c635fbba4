"""A caller beside whom other people talk for the whole call: real speech over real SIP."""

from __future__ import annotations

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import Side, SoftPhones
from ivr.softphone.surroundings import CALLER_DBFS, crowd
from tests.calls.caller import call, hear_question, prompts, turns
from tests.calls.running_line import LineAddresses

PATIENCE_SECONDS = 5.0  # nobody waits until the others are done: they never are


async def test_a_caller_in_a_crowd_is_answered_and_not_kept_waiting(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000020")
    ringing.surround(await crowd(people=5, level_dbfs=CALLER_DBFS - 14))
    await hear_question(ringing)

    await ringing.say("сколько у меня баллов")
    await ringing.wait_sound(PATIENCE_SECONDS)
    await hear_question(ringing)
    await ringing.say("нет")
    await ringing.wait_sound(PATIENCE_SECONDS)

    assert await ringing.wait_closed(15) is Side.THEM
    record = await line.latest_record("0020")
    assert record.end is not None
    assert record.end.outcome is CallOutcome.CONTAINED
    assert any("семьдесят два балла" in prompt for prompt in prompts(record))
    assert [turn.kind for turn in turns(record, "caller")] == ["speech", "speech"]
