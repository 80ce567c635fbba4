"""A dialogue published while callers are on the line."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from dialogs.settings import BUNDLED_FOLDER, DialogueSettings
from dialogs.studio import publishing
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.call_records.port import CallOutcome
from integrations.redis_link import RedisLink
from integrations.settings import RedisSettings
from ivr.softphone.phone import SoftPhones
from tests.calls.caller import call, hear_question, prompts
from tests.calls.running_line import LineAddresses, own_line

OLD, NEW = "Здравствуйте!", "Добрый день!"
TAKEN_UP_LIMIT_SECONDS = 60.0


def new_greeting() -> publishing.Checked:
    """Check the shipped dialogue with another greeting."""
    files = publishing.read_files(BUNDLED_FOLDER)
    responses = next(name for name in files if name.startswith("domain/responses") and OLD.encode() in files[name])
    files[responses] = files[responses].replace(OLD.encode(), NEW.encode())
    return publishing.check(files, DialogueSettings(), 0.4, lambda folder, bundle: ())


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
