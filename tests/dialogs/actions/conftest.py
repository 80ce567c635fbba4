from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dialogs.actions.changes import Changes
from dialogs.actions.loyalty_actions import LoyaltyActions
from dialogs.actions.port import ActionError, ActionRequest
from dialogs.engine.bundle import Bundle
from dialogs.engine.vocabulary import Value
from integrations.loyalty.port import CardState, Change, Customer, Outcome
from integrations.loyalty.sandbox.people import sample_people
from integrations.operations.port import OperationLog, OperationRecord
from integrations.operations.sender import OperationSender
from integrations.settings import AttemptSettings
from tests.integrations.attempts.fake import FakeWrongAttempts
from tests.integrations.loyalty.fake import NOON, FakeLoyaltySystem
from tests.integrations.loyalty.sandbox_under_test import TODAY
from tests.integrations.operations.examples import SETTINGS
from tests.integrations.operations.fake import FakeOperationLog

CALLER = "+79160000001"
EVERY_CARD = (
    *sample_people().cards_without_owner,
    *(card.number for person in sample_people().people for card in person.cards),
)


class SlowLoyaltySystem(FakeLoyaltySystem):
    """A loyalty system that carries a change out when the test lets it."""

    let_go: asyncio.Event | None = None

    def hold(self) -> asyncio.Event:
        self.let_go = asyncio.Event()
        return self.let_go

    async def carry_out(self, key: str, change: Change) -> Outcome:
        if self.let_go is not None:
            await self.let_go.wait()
        return await super().carry_out(key, change)


class Line:
    """The actions with all that is behind them, on a clock that stands still."""

    def __init__(self, bundle: Bundle, log: OperationLog | None = None) -> None:
        self.bundle = bundle
        self.loyalty = SlowLoyaltySystem.with_sample_people(TODAY)
        self.attempts = FakeWrongAttempts(AttemptSettings(per_caller=3, per_card=50, per_range=500))
        self.log = FakeOperationLog()
        self.now = NOON
        self.operations = 0
        self.use(log or self.log)

    def use(self, log: OperationLog) -> None:
        """Put the actions over another log."""
        self.sender = OperationSender(log, self.loyalty, SETTINGS, clock=self.clock, chance=lambda: 1.0)
        self.changes = Changes(log, self.sender, accepting_seconds=0.0, clock=self.clock)
        self.actions = LoyaltyActions(self.loyalty, self.attempts, self.changes)

    def clock(self) -> datetime:
        return self.now

    async def run(
        self, action: str, *, key: str | None = None, caller: str | None = CALLER, limit: float = 10.0, **more: Value
    ) -> Mapping[str, Value]:
        """Run an action of the contract, under a key of its own unless one is given."""
        self.operations += 1
        key = key_number(self.operations) if key is None else key or None
        request = ActionRequest(f"loyalty.{action}", more, caller, "call-1", key, limit)
        result = await self.actions.run(request)
        contract = self.bundle.actions[request.action]
        assert contract.fits(result), result
        assert set(result) == set(contract.result)
        assert not any(number in str(result) for number in EVERY_CARD), "a full card number came out"
        return result

    async def fails(self, action: str, **more: Value) -> str:
        """Run an action that fails; return what the flow is told."""
        with pytest.raises(ActionError) as failed:
            await self.run(action, **more)  # type: ignore[arg-type]
        return failed.value.kind

    async def send_due(self) -> None:
        """Let time pass until what is accepted is sent again."""
        self.now += timedelta(minutes=10)
        await self.sender.send_due()

    async def customer(self, phone: str) -> Customer:
        found = await self.loyalty.customer_by_phone(phone)
        assert found is not None
        return found

    async def states(self, phone: str) -> dict[str, CardState]:
        """Return the states of a customer's cards by their last four digits."""
        return {card.number[-4:]: card.state for card in (await self.customer(phone)).cards}

    async def records(self) -> tuple[OperationRecord, ...]:
        return await self.log.of_call("call-1")


def key_number(number: int) -> str:
    return f"{number:040x}"


@pytest.fixture
def line(bundle: Bundle) -> Line:
    return Line(bundle)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/yulia.db"
