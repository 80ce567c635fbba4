"""The actions over the real client, sandbox and log: each illness of the loyalty system, then health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialogs.actions.changes import Changes
from dialogs.actions.loyalty_actions import LoyaltyActions
from dialogs.actions.port import ActionRequest
from dialogs.engine.bundle import Bundle
from integrations.operations.port import OperationState
from integrations.operations.schema import upgrade
from integrations.operations.sender import OperationSender
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.attempts.fake import FakeWrongAttempts
from tests.integrations.conftest import PATIENT_SECONDS
from tests.integrations.loyalty.sandbox_under_test import PATIENT, SandboxUnderTest, sandbox_under_test
from tests.integrations.operations.examples import SETTINGS

CHANGES = [
    ("loyalty.activate", ("7789155157147020", "+79165550101", "Пётр", "01041990")),
    ("loyalty.block_card_by_number", ("7789001245700364", "14031985")),
    ("loyalty.block_by_phone", ("+79160000037",)),
    ("loyalty.tie_phone", ("c-0032", "+79160000132")),
]


@dataclass
class World:
    sandbox: SandboxUnderTest
    actions: LoyaltyActions
    changes: Changes
    sender: OperationSender
    log: SqlOperationLog
    bundle: Bundle
    late_by: timedelta = timedelta(0)

    async def run(self, action: str, arguments: tuple[str, ...], key: str) -> object:
        contract = self.bundle.actions[action]
        named = dict(zip(contract.arguments, arguments, strict=True))
        result = await self.actions.run(ActionRequest(action, named, "+79165550101", "call-1", key, 3.0))
        assert contract.fits(result), result
        return result["outcome"]


@pytest.fixture
async def world(bundle: Bundle, tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        url = f"sqlite:///{tmp_path}/yulia.db"
        await upgrade(url)
        log = SqlOperationLog(url, limit_seconds=PATIENT_SECONDS)
        stack.push_async_callback(log.close)
        sandbox = await stack.enter_async_context(sandbox_under_test(f"sqlite+aiosqlite:///{tmp_path}/sandbox.db"))
        client = sandbox.client(PATIENT.model_copy(update={"change_limit_seconds": 1.0}))
        stack.push_async_callback(client.close)

        def clock() -> datetime:
            return datetime.now(UTC) + world.late_by

        sender = OperationSender(log, client, SETTINGS, clock=clock)
        changes = Changes(log, sender, accepting_seconds=0.0, clock=clock)
        stack.push_async_callback(changes.close)
        world = World(sandbox, LoyaltyActions(client, FakeWrongAttempts(), changes), changes, sender, log, bundle)
        yield world


@pytest.mark.parametrize(("action", "arguments"), CHANGES)
async def test_each_change_is_done(world: World, action: str, arguments: tuple[str, ...]) -> None:
    assert await world.run(action, arguments, "d" * 40) == "done"


@pytest.mark.parametrize("mode", ["down", "error", "reset", "hang", "wrong", "lost"])
async def test_after_each_illness_what_was_accepted_is_done_once(world: World, mode: str) -> None:
    await world.sandbox.switch(mode=mode)
    outcomes = [
        await world.run(action, arguments, f"{number:040x}") for number, (action, arguments) in enumerate(CHANGES)
    ]
    assert outcomes == ["accepted"] * len(CHANGES)
    await world.sandbox.switch(mode="ok")
    world.late_by = timedelta(hours=1)
    await world.sender.send_due()
    records = await world.log.of_call("call-1")
    assert [record.state for record in records] == [OperationState.DONE] * len(CHANGES)
    assert await world.log.latest(to_call_back=True) == ()
