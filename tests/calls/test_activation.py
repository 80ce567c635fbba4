"""New cards activated by phone, and what the loyalty system has on them afterwards."""

from __future__ import annotations

import pytest

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import prompts
from tests.calls.running_line import LineAddresses
from tests.calls.talk import Talk

pytestmark = pytest.mark.timeout(180)

CARD_FROM_A_SHOP = "7789177314564178"
POLINA, OLEG = "554452", "5432"  # letters on the keypad


async def test_a_card_by_speech_with_a_question_on_the_way_and_a_date_put_right(
    phones: SoftPhones, line: LineAddresses
) -> None:
    talk = await Talk.begin(phones, line, "+79160000030")
    await talk.say("активировать карту")
    await talk.dictate(
        "семьдесят семь восемьдесят девять",
        "ноль девять двадцать один",
        "двадцать девять восемьдесят два",
        "семьдесят восемь пятьдесят два",
    )
    await talk.say("верно", "подождите а сколько у меня баллов", "да", "дарья", "да")
    await talk.say("двадцать четвёртое мая двухтысячного года", "согласна")
    await talk.say("дата другая", "двадцать пятое мая двухтысячного года", "да")
    record = await talk.take_leave()
    said = prompts(record)
    assert "Ваш баланс: тысяча пятьсот баллов." in said, said
    assert said[-3] == "Готово: карта активна. Баллы копятся с первой покупки."
    assert record.end is not None
    assert (record.end.outcome, record.end.topic) == (CallOutcome.CONTAINED, "activation")
    assert not any("Дарья" in turn.text or "мая" in turn.text for turn in record.end.turns)
    assert (await line.cards("+79160000030"))["7852"] == ("active", 0)
    assert await line.operations(record) == [("activation", "done")]


async def test_a_card_from_a_shop_by_keys_with_a_silence_and_a_name_put_right(
    phones: SoftPhones, line: LineAddresses
) -> None:
    talk = await Talk.begin(phones, line, "+79031110052")
    await talk.press("2", CARD_FROM_A_SHOP, "1")
    await talk.keep_silent()
    await talk.press(f"{OLEG}#", "1", "01021990", "1", "3", f"{POLINA}#", "1")
    await talk.press("1")
    record = await talk.take_leave(by_keys=True)
    said = prompts(record)
    assert "Назовите ваше имя, без отчества." in said, said
    assert "Готово: карта активна. Баллы копятся с первой покупки." in said
    assert await line.cards("+79031110052") == {"4178": ("active", 0)}
    assert await line.operations(record) == [("activation", "done")]


async def test_a_person_known_by_another_phone_is_recognised_by_the_card_in_use(
    phones: SoftPhones, line: LineAddresses
) -> None:
    talk = await Talk.begin(phones, line, "+79160000132")
    await talk.press("2", "7789736819303646")
    await talk.mumble()
    await talk.say("да", "марина", "да")
    await talk.press("06051976")
    await talk.say("согласна", "да")
    await talk.press("7789945807302151")
    record = await talk.take_leave()
    said = prompts(record)
    assert "Не разобрала. Скажите, пожалуйста, «да» или «нет»." in said, said
    assert "Вы уже есть в программе, но с другим телефоном." in said
    assert await line.operations(record) == [("activation", "refused"), ("phone_tie", "done"), ("activation", "done")]
    assert await line.cards("+79160000132") == {"2151": ("active", 930), "3646": ("active", 0)}
