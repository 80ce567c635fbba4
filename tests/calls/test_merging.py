"""Cards merged by phone and taken apart again, and what the loyalty system has on them afterwards."""

from __future__ import annotations

import pytest

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import prompts
from tests.calls.running_line import LineAddresses
from tests.calls.talk import Talk

pytestmark = pytest.mark.timeout(180)


async def test_two_cards_are_merged_by_speech_and_taken_apart_again(phones: SoftPhones, line: LineAddresses) -> None:
    """With a question, a silence, a mumble and another card to stay on the way."""
    talk = await Talk.begin(phones, line, "+79160000033")
    await talk.say("объединить карты", "подождите а сколько у меня баллов")
    await talk.keep_silent()
    await talk.say("да")
    await talk.mumble()
    await talk.say("нет", "другую карту", "да")
    assert await line.cards("+79160000033") == {"8325": ("merged", 0), "2202": ("active", 1100)}
    await talk.say("отменить объединение")
    record = await talk.take_leave()
    said = prompts(record)
    assert "У вас две карты, всего на них тысяча сто баллов." in said, said
    assert said.count("Объединить?") == 2
    assert "Не разобрала. Скажите, пожалуйста, «да» или «нет»." in said
    assert "Готово: вернула как было, работают обе карты." in said
    assert record.end is not None
    assert (record.end.outcome, record.end.topic) == (CallOutcome.CONTAINED, "merging")
    assert await line.cards("+79160000033") == {"8325": ("active", 700), "2202": ("active", 400)}
    assert await line.operations(record) == [("merge", "undone"), ("merge_undo", "done")]


async def test_a_blocked_card_gives_its_points_to_the_new_one_by_keys(phones: SoftPhones, line: LineAddresses) -> None:
    """The caller wants to keep the blocked one, is put right, and is silent when asked whether to take it back."""
    talk = await Talk.begin(phones, line, "+79160000015")
    await talk.press("3", "9", "2", "1")
    await talk.keep_silent()
    record = await talk.take_leave(by_keys=True)
    said = prompts(record)
    assert "Ту карту оставить нельзя: она заблокирована. Тогда останется другая." in said, said
    assert await line.cards("+79160000015") == {"8573": ("merged", 0), "2982": ("active", 1005)}
    assert await line.operations(record) == [("merge", "done")]
