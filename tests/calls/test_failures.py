"""Parts that die, and the caller who reaches an agent all the same. Each test has a line of its own."""

from __future__ import annotations

import asyncio

from integrations.call_records.port import CallOutcome
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import HOTLINE, call, hear_question
from tests.calls.running_line import LineAddresses, own_line, own_line_with


async def test_a_worker_killed_in_mid_call_leaves_the_caller_to_an_agent(phones: SoftPhones) -> None:
    """The dialplan sees that the worker left no result; the agent still gets who is calling."""
    async with own_line() as running:
        line = LineAddresses.of(running)
        agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=1.0)
        ringing = await call(phones, line, "+79160000011")
        await hear_question(ringing)
        await ringing.press("1")
        await hear_question(ringing)
        running.kill_worker()
        at_agent = await agent.next_call(30)
        await at_agent.answered(10)
        context = await line.context(at_agent.headers["X-Yulia-Context"])
        assert context is not None
        assert (context.caller_number, context.customer_name) == ("+79160000011", "Светлана Борисовна")
        await at_agent.hang_up()
        await ringing.wait_closed(10)
        record = await line.latest_record("0011")
        assert record.end is not None
        assert record.end.outcome is CallOutcome.DROPPED
        # and the line answers again
        again = await call(phones, line, "+79160000011")
        await hear_question(again)
        await again.hang_up()


async def test_asterisk_restarted_between_calls_is_found_again(phones: SoftPhones) -> None:
    """AMI comes back, calls are answered and agents' events arrive as before."""
    async with own_line() as running:
        line = LineAddresses.of(running)
        before = await call(phones, line, "+79160000011")
        await before.wait_sound()
        await running.restart_asterisk()
        await before.hang_up()
        agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=1.0)
        ringing = await call(phones, line, "+79160000010")
        await hear_question(ringing)
        await ringing.press("0")
        at_agent = await agent.next_call(30)
        await at_agent.answered(10)
        context = await line.context(at_agent.headers["X-Yulia-Context"])
        assert context is not None
        await at_agent.hang_up()
        events = await line.desk_events(context.call_id, until="completed")
        assert "connected" in [event.kind.value for event in events]


async def test_calls_above_the_limit_go_to_the_queue_with_a_notice(phones: SoftPhones) -> None:
    async with own_line(YULIA_SESSION__MAX_CALLS="1") as running:
        line = LineAddresses.of(running)
        agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=1.0)
        first = await call(phones, line, "+79160000001")
        await first.wait_sound()
        second = await phones.call(HOTLINE, caller_number="+79160000002", server=line.sip)
        at_agent = await agent.next_call(30)
        await at_agent.answered(10)
        await at_agent.hang_up()
        await second.wait_closed(10)
        record = await line.latest_record("0002")
        assert record.end is not None
        assert (record.end.outcome, record.end.reason) == (CallOutcome.REJECTED, "too_many_calls")
        await first.hang_up()


async def test_without_redis_calls_are_answered_and_handed_off(phones: SoftPhones) -> None:
    async with own_line() as running:
        line = LineAddresses.of(running)
        agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=1.0)
        await running.stop_part("redis")
        ringing = await call(phones, line, "+79160000011")
        await hear_question(ringing)
        await ringing.press("1")
        await hear_question(ringing)
        await ringing.press("0")
        at_agent = await agent.next_call(30)
        assert at_agent.headers["X-Yulia-Context"]
        await at_agent.hang_up()
        record = await line.latest_record("0011")
        assert record.end is not None
        assert record.end.outcome is CallOutcome.HANDED_OFF


async def test_without_agents_the_caller_is_told_so_and_not_left_waiting(phones: SoftPhones) -> None:
    async with own_line_with({"queue_unstaffed_limit_seconds": 2}) as running:
        line = LineAddresses.of(running)
        ringing = await call(phones, line, "+79160000011")
        await hear_question(ringing)
        await ringing.press("0")
        await asyncio.wait_for(ringing.wait_closed(60), 60)
        assert ringing.answered_at is not None
