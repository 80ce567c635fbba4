"""The path of a call through the real Asterisk, with stand-ins for the worker and the phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ivr.line.line import Line
from tests.ivr.line.sip_phone import PhoneCall, SipPhone
from tests.ivr.line.stand_in_worker import AgiCall, StandInWorker

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT, CONTEXT_IN_HEX = "ctx-4711_A", "6374782d343731315f41"


@asynccontextmanager
async def agent_phone(line: Line, name: str = "agent1") -> AsyncIterator[SipPhone]:
    async with SipPhone((line.sip.host, line.sip.port), name, line.secrets.agents[name]) as phone:
        assert await phone.register() == 200
        # The queue learns of the phone by its device state, a moment after the registration.
        async with asyncio.timeout(10):
            while "Not in use" not in await line.rx("queue show hotline"):
                await asyncio.sleep(0.05)
        yield phone
        assert await phone.register(expires=0) == 200


def caller_phone(line: Line, number: str = "79161234567") -> SipPhone:
    return SipPhone((line.sip.host, line.sip.port), number)


async def next_call(phone: SipPhone, limit_seconds: float = 15) -> PhoneCall:
    return await asyncio.wait_for(phone.incoming.get(), limit_seconds)


async def answer_with_context(call: AgiCall) -> None:
    await call.command("ANSWER")
    await call.set("__YULIA_CTX", CONTEXT)
    await call.set("__YULIA_UUI", CONTEXT_IN_HEX)


async def test_a_call_that_is_done_is_hung_up(line: Line) -> None:
    async def worker(call: AgiCall) -> None:
        await answer_with_context(call)
        await call.set("YULIA_RESULT", "done")

    async with StandInWorker(line.plan.agi.host, line.plan.agi.port, worker) as stand_in, caller_phone(line) as caller:
        status, call = await caller.call("100")
        assert status == 200
        await asyncio.wait_for(call.ended.wait(), 5)
        request = stand_in.requests.get_nowait()
        assert (request["agi_network_script"], request["agi_callerid"]) == ("call", "79161234567")


async def test_a_handoff_reaches_an_agent_with_the_context_on_the_invite(line: Line) -> None:
    async def worker(call: AgiCall) -> None:
        await answer_with_context(call)
        await call.set("YULIA_QUEUE", "cards")
        await call.set("YULIA_RESULT", "handoff")

    async with (
        StandInWorker(line.plan.agi.host, line.plan.agi.port, worker),
        agent_phone(line) as agent,
        caller_phone(line) as caller,
    ):
        _, call = await caller.call("100")
        at_agent = await next_call(agent)
        assert at_agent.invite is not None
        assert at_agent.invite.headers["x-yulia-context"] == CONTEXT
        assert at_agent.invite.headers["user-to-user"] == f"{CONTEXT_IN_HEX};encoding=hex"
        assert "cards" in await line.rx("core show channels concise")
        await agent.hang_up(at_agent)
        await asyncio.wait_for(call.ended.wait(), 5)


async def test_a_caller_whose_worker_dies_reaches_the_queue_with_the_context_so_far(line: Line) -> None:
    async def worker(call: AgiCall) -> None:
        await answer_with_context(call)
        call.die()

    async with (
        StandInWorker(line.plan.agi.host, line.plan.agi.port, worker),
        agent_phone(line) as agent,
        caller_phone(line) as caller,
    ):
        _, call = await caller.call("100")
        at_agent = await next_call(agent)
        assert at_agent.invite is not None
        assert at_agent.invite.headers["x-yulia-context"] == CONTEXT
        await caller.hang_up(call)


async def test_a_caller_reaches_the_queue_when_no_worker_listens(line: Line) -> None:
    async with agent_phone(line) as agent, caller_phone(line) as caller:
        status, call = await caller.call("100")
        assert status == 200
        at_agent = await next_call(agent)
        assert at_agent.invite is not None
        assert "x-yulia-context" not in at_agent.invite.headers
        await caller.hang_up(call)


async def test_a_caller_whose_worker_hangs_reaches_the_queue_when_the_time_with_yulia_is_over(line: Line) -> None:
    async def worker(call: AgiCall) -> None:
        await answer_with_context(call)
        await asyncio.Event().wait()

    async with (
        StandInWorker(line.plan.agi.host, line.plan.agi.port, worker),
        agent_phone(line) as agent,
        caller_phone(line) as caller,
    ):
        _, call = await caller.call("100")
        at_agent = await next_call(agent, line.plan.asterisk.bot_limit_seconds + 10)
        assert at_agent.invite is not None
        assert at_agent.invite.headers["x-yulia-context"] == CONTEXT
        await caller.hang_up(call)


async def test_an_unknown_queue_and_characters_that_do_not_belong_in_headers_do_no_harm(line: Line) -> None:
    async def worker(call: AgiCall) -> None:
        await call.command("ANSWER")
        await call.set("__YULIA_CTX", "ctx,1;x=2 ${SHELL(id)}")
        await call.set("YULIA_QUEUE", "no-such-queue")
        await call.set("YULIA_RESULT", "handoff")

    async with (
        StandInWorker(line.plan.agi.host, line.plan.agi.port, worker),
        agent_phone(line) as agent,
        caller_phone(line) as caller,
    ):
        _, call = await caller.call("100")
        at_agent = await next_call(agent)
        assert at_agent.invite is not None
        assert at_agent.invite.headers["x-yulia-context"].startswith("ctx1x2")
        assert "user-to-user" not in at_agent.invite.headers
        assert "Queue!hotline" in await line.rx("core show channels concise")
        await caller.hang_up(call)


async def test_a_caller_is_told_and_let_go_when_no_agents_phone_is_registered(line: Line) -> None:
    async with caller_phone(line) as caller:
        status, call = await caller.call("100")
        assert status == 200
        await asyncio.wait_for(call.ended.wait(), 15)


async def test_a_caller_is_let_go_when_no_agent_answers_in_time(line: Line) -> None:
    async with agent_phone(line) as agent, caller_phone(line) as caller:
        agent.auto_answer = False
        _, call = await caller.call("100")
        await next_call(agent)
        await asyncio.wait_for(call.ended.wait(), line.plan.asterisk.queue_limit_seconds + 20)


@pytest.mark.parametrize("number", ["101", "start", "h", "T", "agent1", "add", "s"])
async def test_a_caller_reaches_nothing_but_the_hotline(line: Line, number: str) -> None:
    async with caller_phone(line) as caller:
        status, _ = await caller.call(number)
        assert status == 404


async def test_an_agents_phone_calls_nobody(line: Line) -> None:
    async with caller_phone(line, "agent1") as phone:
        # Without the password it is not even taken for the agent, nor for a caller.
        status, _ = await phone.call("100")
        assert status == 401


async def test_an_agent_cannot_register_with_a_wrong_password(line: Line) -> None:
    async with SipPhone((line.sip.host, line.sip.port), "agent1", "yulia") as phone:
        assert await phone.register() == 401
    assert "Unavailable" in await line.rx("queue show hotline")


async def test_a_caller_cannot_register_as_somebody(line: Line) -> None:
    async with SipPhone((line.sip.host, line.sip.port), "agent9", "") as phone:
        assert await phone.register() in (401, 403, 404)
