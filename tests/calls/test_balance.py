"""The balance, by keys and by speech, for callers who are known and who are not."""

from __future__ import annotations

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import Side, SoftPhones
from tests.calls.caller import assert_yulia_said, call, hear_question, prompts, turns
from tests.calls.running_line import LineAddresses

CARD_OF_NINA = "7789257325967147"
BIRTH_DATE_OF_NINA = "30051953"


async def test_balance_by_keys(phones: SoftPhones, line: LineAddresses) -> None:
    """+79160000010 has 21 points: the caller presses 1, hears them, presses 2, and Yulia ends the call."""
    ringing = await call(phones, line, "+79160000010")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.press("2")
    assert await ringing.wait_closed(15) is Side.THEM
    await assert_yulia_said(ringing, "двадцать один балл")
    record = await line.latest_record("0010")
    assert record.end is not None
    assert (record.end.outcome, record.end.topic) == (CallOutcome.CONTAINED, "balance")
    assert [turn.text for turn in turns(record, "caller")] == ["1", "2"]


async def test_balance_by_speech(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000009")
    await hear_question(ringing)
    await ringing.say("сколько у меня баллов")
    await hear_question(ringing)
    await ringing.say("нет спасибо")
    assert await ringing.wait_closed(15) is Side.THEM
    await assert_yulia_said(ringing, "пять баллов")
    record = await line.latest_record("0009")
    assert record.end is not None
    assert record.end.outcome is CallOutcome.CONTAINED
    assert any("пять баллов" in prompt for prompt in prompts(record))


async def test_a_key_stops_the_prompt_at_once(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000008")
    await ringing.wait_sound()
    await ringing.hear_seconds(1.0)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(15)
    record = await line.latest_record("0008")
    caller = turns(record, "caller")
    assert caller[0].kind == "keys"
    assert caller[0].at_seconds < 4.0, "the greeting and the menu last longer than that"
    assert any("два балла" in prompt for prompt in prompts(record))


async def test_words_of_the_question_stop_the_prompt(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000007")
    await ringing.wait_sound()
    await ringing.hear_seconds(1.0)
    await ringing.say("баланс баллов")
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(15)
    record = await line.latest_record("0007")
    caller = turns(record, "caller")
    assert caller[0].kind == "speech"
    assert caller[0].at_seconds < 5.0, "the greeting and the menu last longer than that"
    assert any("один балл" in prompt for prompt in prompts(record))


async def test_repeat_by_key_says_the_question_again(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000011")
    await hear_question(ringing)
    await ringing.press("*")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(15)
    record = await line.latest_record("0011")
    assert len([prompt for prompt in prompts(record) if prompt.startswith("Чем помочь")]) == 2
    assert record.end is not None
    assert record.end.outcome is CallOutcome.CONTAINED


async def test_an_unknown_number_is_helped_by_card_and_birth_date_by_keys(
    phones: SoftPhones, line: LineAddresses
) -> None:
    ringing = await call(phones, line, "+79031110005")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.press(CARD_OF_NINA)
    await hear_question(ringing)
    await ringing.press(BIRTH_DATE_OF_NINA)
    await hear_question(ringing)
    await ringing.press("2")
    assert await ringing.wait_closed(15) is Side.THEM
    await assert_yulia_said(ringing, "ваш баланс четыреста|ваш баланс четыре сто")
    record = await line.latest_record("0005")
    assert record.end is not None
    assert "Ваш баланс: четыреста двенадцать баллов." in prompts(record)
    assert (record.end.outcome, record.end.customer_id) == (CallOutcome.CONTAINED, "c-0005")
    kept = " ".join(turn.text for turn in record.end.turns)
    assert CARD_OF_NINA not in kept
    assert BIRTH_DATE_OF_NINA not in kept


async def test_a_card_dictated_in_groups_is_read_back_and_found(phones: SoftPhones, line: LineAddresses) -> None:
    """The card by voice, in groups with pauses; the birth date by keys."""
    ringing = await call(phones, line, "+79031110025")
    await hear_question(ringing)
    await ringing.say("баланс")
    await hear_question(ringing)
    for group in ("семьдесят семь восемьдесят девять", "двадцать пять семьдесят три"):
        await ringing.say(group)
        await ringing.hear_seconds(1.2)
    await ringing.say("двадцать пять девяносто шесть")
    await ringing.hear_seconds(1.0)
    await ringing.say("семьдесят один сорок семь")
    await hear_question(ringing)
    await ringing.say("верно")
    await hear_question(ringing)
    await ringing.press(BIRTH_DATE_OF_NINA)
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(15)
    record = await line.latest_record("0025")
    assert record.end is not None
    assert any("четыреста двенадцать баллов" in prompt for prompt in prompts(record)), record.end.turns


async def test_two_cards_are_told_as_a_sum_and_by_card(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000002")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.press("2")
    await ringing.wait_closed(15)
    said = " ".join(prompts(await line.latest_record("0002")))
    assert "четыреста двадцать пять баллов" in said
    assert "триста сорок баллов" in said
