"""Lost and stolen cards blocked by phone, and what the loyalty system has on them afterwards."""

from __future__ import annotations

import asyncio
import json

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import prompts
from tests.calls.running_line import LineAddresses
from tests.calls.talk import Talk

SENT_AGAIN_LIMIT_SECONDS = 30.0


async def test_a_frightened_caller_is_helped_through_a_question_a_silence_and_a_mumble(
    phones: SoftPhones, line: LineAddresses
) -> None:
    talk = await Talk.begin(phones, line, "+79160000018")
    await talk.say("у меня украли карту", "подождите а сколько у меня баллов")
    await talk.keep_silent()
    await talk.mumble()
    await talk.say("да")
    record = await talk.take_leave()
    said = prompts(record)
    assert said.count("Заблокировать её?") == 3, said
    assert "Ваш баланс: пятьсот один балл." in said
    assert "Не разобрала. Скажите, пожалуйста, «да» или «нет»." in said
    assert "Готово: карта заблокирована, по ней ничего не спишут." in said
    assert record.end is not None
    assert (record.end.outcome, record.end.topic) == (CallOutcome.CONTAINED, "blocking")
    assert await line.cards("+79160000018") == {"9910": ("blocked", 501)}
    assert await line.operations(record) == [("card_block", "done")]


async def test_one_of_three_cards_by_digits_that_are_put_right(phones: SoftPhones, line: LineAddresses) -> None:
    talk = await Talk.begin(phones, line, "+79160000017")
    await talk.say("потерял карту", "одну карту", "одиннадцать девяносто семь")
    await talk.say("нет шестьдесят шесть шестьдесят три", "верно")
    record = await talk.take_leave()
    assert "Готово: карта заблокирована, по ней ничего не спишут." in prompts(record), prompts(record)
    assert await line.cards("+79160000017") == {
        "1197": ("active", 11),
        "6663": ("blocked", 640),
        "0760": ("active", 222),
    }
    assert await line.operations(record) == [("card_block", "done")]


async def test_all_cards_of_a_stolen_purse_by_keys(phones: SoftPhones, line: LineAddresses) -> None:
    """A wrong key and a silence on the way."""
    talk = await Talk.begin(phones, line, "+79160000037")
    await talk.press("4", "9")
    await talk.keep_silent()
    await talk.press("1")
    record = await talk.take_leave(by_keys=True)
    assert any("заблокированы две карты" in prompt for prompt in prompts(record)), prompts(record)
    assert await line.cards("+79160000037") == {
        "2939": ("blocked", 310),
        "7199": ("blocked", 45),
        "9529": ("blocked", 80),
    }
    assert await line.operations(record) == [("phone_block", "done")]


async def test_while_the_loyalty_system_is_down_a_block_is_accepted_and_carried_out_later(
    phones: SoftPhones, line: LineAddresses
) -> None:
    """The caller hears «приняла», never «готово»; the admin sees it waiting; once the system is back it is done."""
    await line.switch_loyalty("down", only_phone="+79160000019")
    talk = await Talk.begin(phones, line, "+79160000019")
    await talk.say("у меня украли карту", "да")
    record = await talk.take_leave()
    said = " ".join(prompts(record))
    assert "Система сейчас не отвечает" in said
    assert "Заявку приняла" in said
    assert "Готово" not in said
    ((kind, state),) = await line.operations(record)
    assert (kind, state) in {("phone_block", "accepted"), ("phone_block", "sent")}
    listed = [json.loads(row) for row in (await line.yulia("operations", "list", "--json")).splitlines()]
    (waiting,) = (each for each in listed if each["call_id"] == record.start.call_id)
    assert (waiting["kind"], waiting["state"], waiting["settled_at"]) == ("phone_block", state, None)
    await line.switch_loyalty("ok", only_phone="+79160000019")
    async with asyncio.timeout(SENT_AGAIN_LIMIT_SECONDS):
        while await line.operations(record) != [("phone_block", "done")]:
            await asyncio.sleep(0.5)
    assert await line.cards("+79160000019") == {"2450": ("blocked", 333)}
