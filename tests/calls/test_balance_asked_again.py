"""The balance for callers who are silent, mumble, mistype and ask something else meanwhile."""

from __future__ import annotations

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import prompts
from tests.calls.running_line import LineAddresses
from tests.calls.talk import Talk
from tests.calls.test_balance import BIRTH_DATE_OF_NINA, CARD_OF_NINA


async def test_a_silence_a_mumble_and_a_question_on_the_way_to_the_balance_by_speech(
    phones: SoftPhones, line: LineAddresses
) -> None:
    """The card is blocked, so there is a question to digress from."""
    talk = await Talk.begin(phones, line, "+79160000003")
    await talk.keep_silent()
    await talk.say("баланс")
    await talk.mumble()
    await talk.say("подождите а вы робот", "не надо")
    record = await talk.take_leave()
    said = prompts(record)
    assert any(prompt.startswith("Я вас не слышу") for prompt in said), said
    assert "Не разобрала. Скажите, пожалуйста, «да» или «нет»." in said
    assert any("робот" in prompt for prompt in said[2:])
    assert said.count("Соединить с оператором, чтобы её разблокировать?") == 2
    assert record.end is not None
    assert (record.end.outcome, record.end.topic) == (CallOutcome.CONTAINED, "balance")
    assert await line.operations(record) == []
    assert await line.cards("+79160000003") == {"9801": ("blocked", 560)}


async def test_a_mistyped_card_and_a_silence_on_the_way_to_the_balance_by_keys(
    phones: SoftPhones, line: LineAddresses
) -> None:
    talk = await Talk.begin(phones, line, "+79031110062")
    await talk.press("9", "1", f"{CARD_OF_NINA[:-1]}8", CARD_OF_NINA)
    await talk.keep_silent()
    await talk.press(BIRTH_DATE_OF_NINA)
    record = await talk.take_leave(by_keys=True)
    said = prompts(record)
    assert any(prompt.startswith("Не поняла вас") for prompt in said), said
    assert "Ваш баланс: четыреста двенадцать баллов." in said
    assert record.end is not None
    assert (record.end.outcome, record.end.customer_id) == (CallOutcome.CONTAINED, "c-0005")
