"""An agent's phone, registered at a real Asterisk."""

from __future__ import annotations

import asyncio

import pytest

from ivr.softphone.call_events import Phase, Side
from ivr.softphone.errors import NoCallCame, RegistrationRefused
from ivr.softphone.phone import CONTEXT_HEADER, SoftPhones
from tests.ivr.softphone.scratch_asterisk import AGENT_PASSWORD, ScratchAsterisk
from tests.ivr.softphone.test_line_call import noise

pytestmark = pytest.mark.call

CALLER = "+79160000001"


async def test_an_agent_hears_the_caller_and_sees_the_context(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    agent = await phones.agent("agent1", AGENT_PASSWORD, asterisk.server, answer_after_seconds=0.2)
    caller = await phones.call("610", caller_number=CALLER, server=asterisk.server)
    talk = await agent.next_call(5)
    assert talk.headers[CONTEXT_HEADER] == "ctx-79160000001"
    assert talk.headers["User-to-User"] == "0042;encoding=hex"
    assert "79160000001" in talk.number
    await talk.answered(5)
    await asyncio.gather(caller.say(noise(0.4)), talk.say(noise(0.4)))
    await talk.hear_seconds(0.2)
    assert caller.heard.sound_runs() and talk.heard.sound_runs()
    await talk.hang_up()
    assert await caller.wait_closed(5) is Side.THEM
    await agent.close()


async def test_an_agent_who_rejects_is_busy(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    agent = await phones.agent("agent1", AGENT_PASSWORD, asterisk.server, rejects=True)
    caller = await phones.call("610", caller_number=CALLER, server=asterisk.server)
    rung = await agent.next_call(5)
    assert await caller.wait_closed(5) is Side.THEM
    assert rung.over and rung.answered_at is None
    assert asterisk.global_variable("AGENT_RESULT") == "BUSY"
    await agent.close()


async def test_a_phone_that_only_rings_is_left_by_a_caller_who_gives_up(
    phones: SoftPhones, asterisk: ScratchAsterisk
) -> None:
    agent = await phones.agent("agent1", AGENT_PASSWORD, asterisk.server, answer_after_seconds=None)
    caller = await phones.call("610", caller_number=CALLER, server=asterisk.server)
    rung = await agent.next_call(5)
    assert rung.phase is Phase.RINGING
    await caller.hang_up()
    assert await rung.wait_closed(5) is Side.THEM
    assert rung.answered_at is None
    await agent.close()


async def test_a_phone_can_be_answered_by_hand(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    agent = await phones.agent("agent1", AGENT_PASSWORD, asterisk.server, answer_after_seconds=None)
    caller = await phones.call("610", caller_number=CALLER, server=asterisk.server)
    talk = await agent.next_call(5)
    await talk.answer()
    await caller.say(noise(0.3))
    await talk.wait_sound(3)
    await caller.hang_up()
    assert await talk.wait_closed(5) is Side.THEM
    await agent.close()


async def test_a_closed_phone_is_rung_no_more(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    agent = await phones.agent("agent1", AGENT_PASSWORD, asterisk.server)
    await agent.close()
    caller = await phones.call("610", caller_number=CALLER, server=asterisk.server)
    assert await caller.wait_closed(5) is Side.THEM
    assert asterisk.global_variable("AGENT_RESULT") == "CHANUNAVAIL"
    with pytest.raises(NoCallCame):
        await agent.next_call(0.05)


async def test_a_wrong_password_is_refused(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    with pytest.raises(RegistrationRefused) as refusal:
        await phones.agent("agent1", "guess", asterisk.server)
    assert refusal.value.status in (401, 403)
