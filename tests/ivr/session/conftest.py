from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from dialogs.actions.loyalty_actions import LoyaltyActions
from dialogs.actions.port import ActionRequest, Actions
from dialogs.engine.bundle import Bundle
from dialogs.engine.engine import Engine
from dialogs.engine.state import DialogueState
from dialogs.engine.vocabulary import Event, RunAction, Turn, Value
from dialogs.nlu.port import Parsed, RankedIntent, UnderstandingError
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.example_results import card, customer
from integrations.loyalty.port import Customer
from ivr.listening.settings import ListeningSettings
from ivr.observability.metrics import Metrics
from ivr.session.conversation import ConversationParts
from ivr.session.dialogue import Dialogue
from ivr.session.settings import SessionSettings
from tests.dialogs.actions.changes_under_test import changes_over
from tests.integrations.attempts.fake import FakeWrongAttempts
from tests.integrations.loyalty.fake import FakeLoyaltySystem
from tests.integrations.operations.fake import FakeOperationLog
from tests.ivr.session.scripted_line import Voice

ANNA = customer(card("2222", points=1250))
"""Her telephone is +79160000001."""
ANNAS_CARD = ANNA.cards[0].number
BORN = date(1985, 7, 5)


class HastyEngine(Engine):
    """The engine with short limits of actions, so that a test need not wait for them."""

    limit_seconds = 30.0
    waiting_after_seconds = 30.0

    def step(self, state: DialogueState, event: Event) -> tuple[DialogueState, Turn]:
        state, turn = super().step(state, event)
        return state, tuple(
            replace(command, limit_seconds=self.limit_seconds, waiting_after_seconds=self.waiting_after_seconds)
            if isinstance(command, RunAction)
            else command
            for command in turn
        )


class HeldActions:
    """Actions that are carried out when the test lets them, or fail with what it says."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self.fails_with: Exception | None = None
        self.started = asyncio.Semaphore(0)
        self.released = asyncio.Event()
        self.released.set()
        self.cancelled = 0
        self.requests: list[ActionRequest] = []

    async def run(self, request: ActionRequest) -> Mapping[str, Value]:
        self.requests.append(request)
        self.started.release()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails_with is not None:
            raise self.fails_with
        return await self._actions.run(request)


class FixedUnderstanding:
    """Understands every phrase as the test says, or fails as it says. Implements `dialogs.nlu.port.Understanding`."""

    name = "fixed"

    def __init__(self) -> None:
        self.means: str | None = None
        self.fails_with: UnderstandingError | None = None
        self.asked: list[str] = []

    async def parse(self, text: str) -> Parsed:
        self.asked.append(text)
        if self.fails_with is not None:
            raise self.fails_with
        ranking = (RankedIntent(self.means, 0.95),) if self.means is not None else ()
        return Parsed(text, self.means, 0.95, ranking=ranking)

    async def check(self) -> None:
        """Return at once."""

    async def close(self) -> None:
        """Nothing to release."""


@dataclass
class Outside:
    """All that a conversation is put together from, with fakes for the outside."""

    engine: HastyEngine
    voice: Voice = field(default_factory=Voice)
    metrics: Metrics = field(default_factory=Metrics)
    attempts: FakeWrongAttempts = field(default_factory=FakeWrongAttempts)
    operations: FakeOperationLog = field(default_factory=FakeOperationLog)
    customers: tuple[Customer, ...] = (ANNA,)
    understanding: FixedUnderstanding = field(default_factory=FixedUnderstanding)

    def __post_init__(self) -> None:
        self.loyalty = FakeLoyaltySystem((customer, BORN) for customer in self.customers)
        self.actions = HeldActions(
            LoyaltyActions(self.loyalty, self.attempts, changes_over(self.operations, self.loyalty))
        )

    def parts(self, **settings: object) -> ConversationParts:
        return ConversationParts(
            speech=self.voice,
            recogniser=None,
            actions=self.actions,
            metrics=self.metrics,
            settings=SessionSettings.model_validate(
                {"prompt_pause_seconds": 0.02, "clean_up_seconds": 1.0, **settings}
            ),
            listening=ListeningSettings(missing_frames_seconds=30.0),
        )

    @property
    def dialogue(self) -> Dialogue:
        return Dialogue(self.engine, self.understanding)

    def sample(self, name: str, **labels: str) -> float:
        """Read one metric; 0 when it was never touched."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The dialogue that comes with Yulia."""
    return load_bundle(BUNDLED_FOLDER)


@pytest.fixture
async def outside(bundle: Bundle) -> Outside:
    return Outside(HastyEngine(bundle))
