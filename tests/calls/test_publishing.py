"""A dialogue published while callers are on the line."""

from __future__ import annotations

import asyncio
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER, DialogueSettings
from dialogs.studio import publishing
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.call_records.port import CallOutcome, CallRecord
from integrations.redis_link import RedisLink
from integrations.settings import RedisSettings
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import call, hear_question, prompts
from tests.calls.running_line import LineAddresses, own_line
from tests.calls.talk import Talk
from tests.dialogs.test_tutorial import OVERLAY

OLD, NEW = "Здравствуйте!", "Добрый день!"
TAKEN_UP_LIMIT_SECONDS = 60.0
WAITS_SECONDS = 20.0
"""Of a caller who said «подождите»: a little less than Yulia does."""
STORE_HOURS = "часы работы магазина"
TO_AGENT, ASKS_CITY = "Часы работы подскажет оператор. Соединяю.", "В каком городе магазин?"


def new_greeting() -> publishing.Checked:
    """Check the shipped dialogue with another greeting."""
    files = publishing.read_files(BUNDLED_FOLDER)
    responses = "domain/responses.yml"
    assert files[responses].count(OLD.encode()) == 1
    files[responses] = files[responses].replace(OLD.encode(), NEW.encode())
    return publishing.check(files, DialogueSettings(), lambda folder, bundle: ())


async def taken_up(line: LineAddresses, version: str) -> None:
    """Wait until the worker gives new calls a version."""
    async with asyncio.timeout(TAKEN_UP_LIMIT_SECONDS):
        while f'yulia_dialogue{{bundle="{version}",role="active"}} 1.0' not in await line.metrics():
            await asyncio.sleep(0.1)


async def test_a_version_published_in_mid_call_is_for_the_next_call_and_can_be_taken_back(phones: SoftPhones) -> None:
    checked = await asyncio.to_thread(new_greeting)
    async with own_line() as running:
        line = LineAddresses.of(running)
        first = await call(phones, line, "+79160000001")
        await hear_question(first)
        async with RedisLink(RedisSettings(url=line.redis_url, limit_seconds=5.0)) as link:
            store = RedisPublishedDialogues(link)
            await publishing.publish(store, checked, "приветствие", "Анна", datetime.now(UTC))
            await taken_up(line, checked.bundle.hash)
            await first.press("1")  # the first call goes on as it began
            await hear_question(first)
            await first.hang_up()
            second = await call(phones, line, "+79160000011")
            await hear_question(second)
            await second.hang_up()
            old, new = await line.latest_record("0001"), await line.latest_record("0011")
            assert prompts(old)[0].startswith(OLD)
            assert any("тысяча двести пятьдесят баллов" in prompt for prompt in prompts(old))
            assert old.end is not None
            assert old.end.outcome is not CallOutcome.DROPPED
            assert prompts(new)[0].startswith(NEW)
            assert new.start.bundle == checked.bundle.hash != old.start.bundle
            await publishing.roll_back(store, "Анна", datetime.now(UTC))
            await taken_up(line, old.start.bundle or "")
        third = await call(phones, line, "+79160000010")
        await hear_question(third)
        await third.hang_up()
        assert prompts(await line.latest_record("0010"))[0].startswith(OLD)


@pytest.mark.timeout(240)
async def test_the_tutorial_s_flow_is_published_by_command_while_a_caller_talks_by_the_old_one(tmp_path: Path) -> None:
    """Before, store hours were for an agent; the next caller hears them; then all is taken back."""
    folder = tmp_path / "dialogs"
    shutil.copytree(BUNDLED_FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(OVERLAY, folder, dirs_exist_ok=True)
    # the agent's phone is closed before its line: a registration whose server is gone takes the process with it
    async with own_line() as running, SoftPhones() as phones:
        line = LineAddresses.of(running)
        agent = await phones.agent("agent1", line.agents["agent1"], server=line.sip, answer_after_seconds=0.5)

        async def is_for_an_agent(talk: Talk) -> None:
            await talk.ringing.say(STORE_HOURS)
            at_agent = await agent.next_call(30)
            await at_agent.answered(10)
            await at_agent.hang_up()
            await talk.ringing.wait_closed(10)

        async def is_told(talk: Talk) -> CallRecord:
            await talk.say(STORE_HOURS)
            await talk.press("3")
            return await talk.take_leave()

        old = await Talk.begin(phones, line, "+79160000001")
        publishing_it = asyncio.create_task(line.yulia("flows", "publish", str(folder), "-m", "часы работы"))
        while not publishing_it.done():
            await old.say("подождите")
            await asyncio.wait({publishing_it}, timeout=WAITS_SECONDS)
        await publishing_it
        published_at = time.monotonic()
        version = load_bundle(folder).hash
        await taken_up(line, version)
        print(f"published for the next call after {time.monotonic() - published_at:.1f} s")  # noqa: T201
        new = await Talk.begin(phones, line, "+79160000010")
        heard, _ = await asyncio.gather(is_told(new), is_for_an_agent(old))
        await line.yulia("flows", "rollback")
        await taken_up(line, (await old.record()).start.bundle)
        third = await Talk.begin(phones, line, "+79160000011")
        await is_for_an_agent(third)
        assert heard.start.bundle == version
        assert prompts(heard)[2] == ASKS_CITY
        assert "Магазин на улице Ленина работает с восьми утра до девяти вечера." in prompts(heard)
        for record in (await old.record(), await third.record()):
            assert record.start.bundle != version
            assert prompts(record)[-1] == TO_AGENT
            assert record.end is not None
            assert record.end.outcome is CallOutcome.HANDED_OFF
        assert 'yulia_calls_total{outcome="dropped"}' not in await line.metrics()
