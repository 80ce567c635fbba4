"""Calls that Yulia cannot close reach an agent with their context.

They run one after the other, since they share the agent's phone.
"""

from __future__ import annotations

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import LineCall, SoftPhones
from tests.calls.caller import call, hear_question, prompts
from tests.calls.running_line import LineAddresses


async def reach_agent(phones: SoftPhones, line: LineAddresses) -> LineCall:
    """Register an agent's phone and wait until it rings; it answers after a second."""
    agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=1.0)
    return await agent.next_call(60)


async def test_operator_brings_the_context_on_the_agent_s_invite(phones: SoftPhones, line: LineAddresses) -> None:
    """The card is on the desk before the agent says hello, and the key stands in both headers."""
    agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=1.0)
    ringing = await call(phones, line, "+79160000001")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    await ringing.say("оператор")
    at_agent = await agent.next_call(30)
    key = at_agent.headers["X-Yulia-Context"]
    assert at_agent.headers["User-to-User"].split(";")[0] == key.encode().hex()
    await at_agent.answered(10)
    context = await line.context(key)
    assert context is not None
    assert (context.caller_number, context.customer_name) == ("+79160000001", "Анна Сергеевна")
    assert (context.reason, context.queue) == ("asked", "cards")
    assert "Узнать баланс баллов" in context.asked
    assert any("тысяча двести пятьдесят баллов" in entry.text for entry in context.transcript)
    await at_agent.say("добрый день")
    await ringing.wait_sound()
    await at_agent.hang_up()
    await ringing.wait_closed(10)
    events = await line.desk_events(context.call_id, until="completed")
    kinds = [event.kind.value for event in events]
    assert kinds.index("queued") < kinds.index("ringing") < kinds.index("connected") < kinds.index("completed")
    record = await line.latest_record("0001")
    assert record.end is not None
    assert record.end.outcome is CallOutcome.HANDED_OFF
    assert record.agent == "PJSIP/agent1"


async def test_silence_to_the_end_of_the_ladder_reaches_an_agent(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79160000014")
    at_agent = await reach_agent(phones, line)
    context = await line.context(at_agent.headers["X-Yulia-Context"])
    assert context is not None
    assert context.reason == "no_input"
    await at_agent.answered(10)
    await at_agent.hang_up()
    await ringing.wait_closed(10)
    said = prompts(await line.latest_record("0014"))
    assert any(prompt.startswith("Я вас не слышу") for prompt in said)
    assert said[-1] == "Вас не слышно. Соединяю с оператором."


async def test_a_loyalty_system_that_is_down_means_an_apology_and_an_agent(
    phones: SoftPhones, line: LineAddresses
) -> None:
    await line.switch_loyalty("down", only_phone="+79160000012")
    ringing = await call(phones, line, "+79160000012")
    await hear_question(ringing)
    await ringing.press("1")
    at_agent = await reach_agent(phones, line)
    context = await line.context(at_agent.headers["X-Yulia-Context"])
    assert context is not None
    assert (context.customer_id, context.topic) == (None, "balance")
    await at_agent.answered(10)
    await at_agent.hang_up()
    await ringing.wait_closed(10)
    said = prompts(await line.latest_record("0012"))
    assert said[-1] == "Простите, у меня неполадка. Соединяю с оператором."
    assert not any("баланс:" in prompt.lower() for prompt in said)


async def test_a_caller_who_is_not_found_twice_reaches_an_agent(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79031110077")
    await hear_question(ringing)
    await ringing.press("1")
    for _ in range(2):
        await hear_question(ringing)
        await ringing.press("7789437397181286")
        await hear_question(ringing)
        await ringing.press("01011990")
    at_agent = await reach_agent(phones, line)
    context = await line.context(at_agent.headers["X-Yulia-Context"])
    assert context is not None
    assert (context.reason, context.customer_id) == ("not_found", None)
    await at_agent.answered(10)
    await at_agent.hang_up()
    await ringing.wait_closed(10)
