"""Tasks that Yulia cannot finish reach an agent with what was asked, done and left.

The tests share a line of their own, since they share the agents' phones.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.call_context.port import CallContext
from ivr.softphone.agent import AgentPhone
from ivr.softphone.phone import SoftPhones
from tests.calls.running_line import LineAddresses, LineInBackground
from tests.calls.talk import Talk

pytestmark = pytest.mark.timeout(180)

PAVEL = "52234"  # letters on the keypad


@pytest.fixture(scope="module")
def line() -> Iterator[LineAddresses]:
    """The line of this file."""
    background = LineInBackground()
    try:
        yield background.start()
    finally:
        background.stop()


async def agent(phones: SoftPhones, line: LineAddresses, user: str, *, rejects: bool = False) -> AgentPhone:
    """Register an agent's phone."""
    return await phones.agent(user, line.agents[user], server=line.sip, answer_after_seconds=1.0, rejects=rejects)


async def talk_with(phone: AgentPhone, talk: Talk, line: LineAddresses) -> CallContext:
    """Let the agent take the call and end it; return the card the agent saw."""
    at_agent = await phone.next_call(30)
    context = await line.context(at_agent.headers["X-Yulia-Context"])
    await at_agent.answered(10)
    await at_agent.hang_up()
    await talk.ringing.wait_closed(10)
    assert context is not None
    return context


async def test_cards_of_two_profiles_are_for_an_agent(phones: SoftPhones, line: LineAddresses) -> None:
    """The second card is said by its groups, one of them wrong at first."""
    phone = await agent(phones, line, "agent1")
    talk = await Talk.begin(phones, line, "+79160000034")
    await talk.say("объединить карты")
    await talk.dictate(
        "семьдесят семь восемьдесят девять",
        "сорок девять семнадцать",
        "девяносто пять четырнадцать",
        "пятьдесят четыре семьдесят шесть",
    )
    await talk.say("нет не семнадцать а девяносто", "верно")
    await talk.ringing.press("12081969")
    context = await talk_with(phone, talk, line)
    assert (context.topic, context.queue, context.reason) == ("merging", "cards", "different_people")
    assert context.asked == ("Объединить карты",)
    assert context.left == ("Объединить карты", "Объединить профили: карты оформлены на два профиля")
    assert context.customer_name == "Инна Владимировна"
    assert await line.operations(await talk.record()) == []


async def test_a_birth_date_that_is_wrong_twice_is_for_an_agent(phones: SoftPhones, line: LineAddresses) -> None:
    phone = await agent(phones, line, "agent1")
    talk = await Talk.begin(phones, line, "+79160000004")
    await talk.press("2", "7789143276401122", "1", f"{PAVEL}#", "1", "09012002", "1", "1")
    await talk.press("7789143276401122", "09012003")
    await talk.ringing.press("1")
    context = await talk_with(phone, talk, line)
    assert (context.topic, context.reason) == ("activation", "not_found")
    assert (context.asked, context.left) == (("Активировать карту",), ("Активировать карту",))
    assert await line.operations(await talk.record()) == [("activation", "refused"), ("activation", "refused")]
    assert await line.cards("+79160000004") == {"1122": ("issued", 0)}


async def test_a_second_task_reaches_the_second_agent_with_what_was_done_before(
    phones: SoftPhones, line: LineAddresses
) -> None:
    """The first agent's phone refuses the call; the card is the same at the second one's, who comes later."""
    busy = await agent(phones, line, "agent1", rejects=True)
    talk = await Talk.begin(phones, line, "+79160000002")
    await talk.press("4", "2", "3503")
    await talk.say("да", "объединить карты")
    await talk.ringing.say("оператор")
    refused = await busy.next_call(30)
    context = await talk_with(await agent(phones, line, "agent2"), talk, line)
    assert refused.headers["X-Yulia-Context"] == context.key
    assert (context.topic, context.queue, context.reason) == ("merging", "cards", "asked")
    assert context.asked == ("Заблокировать карту", "Объединить карты")
    assert context.done == ("Карта заблокирована",)
    assert context.left == ("Объединить карты",)
    assert await line.operations(await talk.record()) == [("card_block", "done")]
