"""A card number by voice and keys, and one that is put right after it was read back: real speech over real SIP."""

from __future__ import annotations

from integrations.call_records.port import CallRecord
from ivr.softphone.phone import LineCall, SoftPhones
from tests.calls.caller import call, hear_question, prompts
from tests.calls.running_line import LineAddresses
from tests.calls.test_balance import BIRTH_DATE_OF_NINA, CARD_OF_NINA


async def asked_for_the_card(phones: SoftPhones, line: LineAddresses, caller_number: str) -> LineCall:
    """Call from an unknown number and get as far as the question for the card."""
    ringing = await call(phones, line, caller_number)
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    return ringing


async def confirmed(ringing: LineCall, line: LineAddresses, last4: str) -> CallRecord:
    """Say that the number is right, give the birth date, and end the call."""
    await ringing.say("верно")
    await hear_question(ringing)
    await ringing.press(BIRTH_DATE_OF_NINA)
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(15)
    record = await line.latest_record(last4)
    assert record.end is not None
    assert CARD_OF_NINA not in " ".join(turn.text for turn in record.end.turns)
    return record


async def test_a_card_said_and_pressed_by_turns_is_one_number(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await asked_for_the_card(phones, line, "+79031110021")
    await ringing.say("семьдесят семь восемьдесят девять")
    await ringing.hear_seconds(0.8)
    await ringing.press(CARD_OF_NINA[4:8])
    await ringing.say("двадцать пять девяносто шесть")
    await ringing.hear_seconds(0.8)
    await ringing.press(CARD_OF_NINA[12:])
    await hear_question(ringing)
    record = await confirmed(ringing, line, "0021")
    assert any("четыреста двенадцать баллов" in prompt for prompt in prompts(record)), record.end


async def test_a_group_of_a_card_is_put_right_after_the_read_back(phones: SoftPhones, line: LineAddresses) -> None:
    """«17 73» has a right check digit, too: only the caller can know."""
    ringing = await asked_for_the_card(phones, line, "+79031110022")
    for group in ("семьдесят семь восемьдесят девять", "семнадцать семьдесят три", "двадцать пять девяносто шесть"):
        await ringing.say(group)
        await ringing.hear_seconds(1.0)
    await ringing.say("семьдесят один сорок семь")
    await hear_question(ringing)
    await ringing.say("нет вторая группа двадцать пять семьдесят три")
    await hear_question(ringing)
    record = await confirmed(ringing, line, "0022")
    assert any("четыреста двенадцать баллов" in prompt for prompt in prompts(record)), record.end
