"""The outside of one call in text: the sandbox loyalty system, real actions, a real log of operations, a set clock."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from dialogs.actions.changes import Changes
from dialogs.actions.loyalty_actions import LoyaltyActions
from dialogs.actions.port import ActionError, ActionRequest
from dialogs.engine.vocabulary import ActionDone, ActionFailed, RunAction
from integrations.attempts.memory_attempts import MemoryWrongAttempts
from integrations.loyalty.port import Card
from integrations.loyalty.sandbox.in_process import Health, InProcessLoyalty
from integrations.operations.port import OperationRecord
from integrations.operations.schema import upgrade
from integrations.operations.sender import OperationSender
from integrations.operations.settings import OperationSettings
from integrations.operations.sql_operations import SqlOperationLog
from integrations.settings import AttemptSettings

CALL_ID = "talk"
_LIMIT_SECONDS = 30.0  # of everything that takes real time: the machine may be busy


class SandboxWorlds:
    """Makes worlds; their databases lie in one temporary folder, which copies of the process may use too."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="yulia-talks-")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._folder.cleanup()

    @property
    def _empty(self) -> Path:
        return Path(self._folder.name) / "operations.db"

    async def prepare(self) -> None:
        """Make the empty database that each world has a copy of."""
        await upgrade(f"sqlite:///{self._empty}")

    @asynccontextmanager
    async def world(self, caller: str | None, now: datetime, health: Health = Health.UP) -> AsyncIterator[SandboxWorld]:
        """Make a world in which nothing has happened yet."""
        if not self._empty.exists():
            await self.prepare()
        people = await self._people(now)
        folder = tempfile.mkdtemp(dir=self._folder.name)
        world = SandboxWorld(Path(shutil.copy(self._empty, folder)), Path(shutil.copy(people, folder)), caller, now)
        await world.loyalty.open()
        world.loyalty.health = health
        try:
            yield world
        finally:
            await world.close()

    async def _people(self, now: datetime) -> Path:
        """Make a loyalty system's database once for each day: filling it takes longer than most conversations."""
        path = Path(self._folder.name) / f"people-{now:%Y-%m-%d}.db"
        if not path.exists():
            own = Path(tempfile.mkdtemp(dir=self._folder.name)) / path.name
            loyalty = InProcessLoyalty(lambda: now, database_url=f"sqlite+aiosqlite:///{own}")
            await loyalty.open()
            await loyalty.close()
            own.replace(path)  # at once: a copy of the process may be making it too
        return path


class SandboxWorld:
    """Implements `dialogs.talks.text_call.Outside`."""

    def __init__(self, operations: Path, people: Path, caller: str | None, now: datetime) -> None:
        self._caller = caller
        self._now = now
        self.loyalty = InProcessLoyalty(self._clock, database_url=f"sqlite+aiosqlite:///{people}")
        self._log = SqlOperationLog(f"sqlite:///{operations}", limit_seconds=_LIMIT_SECONDS)
        self._settings = OperationSettings()
        self._sender = OperationSender(self._log, self.loyalty, self._settings, clock=self._clock, chance=lambda: 0.0)
        attempts = MemoryWrongAttempts(AttemptSettings(), lambda: self._now.timestamp())
        self._changes = Changes(self._log, self._sender, accepting_seconds=0.0, clock=self._clock)
        self._actions = LoyaltyActions(self.loyalty, attempts, self._changes)

    async def act(self, command: RunAction) -> tuple[ActionDone | ActionFailed, bool]:
        """Carry an action out as the line does."""
        waited = self.loyalty.health is Health.SLOW
        request = ActionRequest(
            command.action, command.arguments, self._caller, CALL_ID, command.operation_key, _LIMIT_SECONDS
        )
        try:
            return ActionDone(command.action, await self._actions.run(request)), waited
        except ActionError as error:
            return ActionFailed(command.action, error.kind), waited
        finally:
            if command.operation_key is not None:
                await self._changes.close()  # no more than this: what was begun comes to its end
                await self._send_due()  # what nobody waits for

    async def pass_time(self, time: timedelta) -> None:
        """Let time pass; operations that are due meanwhile are sent, as the line's workers do in the background."""
        until = self._now + time
        pause = timedelta(seconds=self._settings.longest_pause_seconds)
        while self._now < until:
            self._now = min(until, self._now + pause)
            await self._send_due()

    async def fall_ill(self, health: Health) -> None:
        """Change the loyalty system's health; once it is up again, what waited is sent within minutes."""
        self.loyalty.health = health
        if health is Health.UP:
            await self.pass_time(timedelta(seconds=2 * self._settings.longest_pause_seconds))

    async def operations(self) -> tuple[OperationRecord, ...]:
        """Read the call's operations from the log."""
        return await self._log.of_call(CALL_ID)

    async def card(self, ending: str) -> Card | None:
        """Find a card by its last digits, as the loyalty system has it; None when no customer holds it.

        Raises:
            ValueError: several cards end so.
        """
        cards = [card for customer in await self.loyalty.everybody() for card in customer.cards]
        found = [card for card in cards if card.number.endswith(ending)]
        if len(found) > 1:
            raise ValueError(f"several cards end in {ending}")
        return found[0] if found else None

    async def close(self) -> None:
        """Forget everything."""
        await self._changes.close()
        await self.loyalty.close()
        await self._log.close()

    async def _send_due(self) -> None:
        while await self._sender.send_due():
            pass

    def _clock(self) -> datetime:
        return self._now
