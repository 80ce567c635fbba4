"""The sandbox without HTTP: for a dialogue that is tried out or tested in one process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from integrations.loyalty.answers import read_customer, read_outcome, read_preview
from integrations.loyalty.port import (
    OPERATION_KEY,
    Change,
    Customer,
    LoyaltyGarbage,
    LoyaltyKeyConflict,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    Merge,
    MergePreview,
    Outcome,
    Refused,
)
from integrations.loyalty.sandbox.operation_wire import preview_answer
from integrations.loyalty.sandbox.people import SamplePeople, sample_people
from integrations.loyalty.sandbox.store import OperationKeyUsed, SandboxStore
from integrations.loyalty.sandbox.tables import CustomerRow
from integrations.loyalty.sandbox.wire import customer_answer

_AnswerT = TypeVar("_AnswerT")

IN_MEMORY = "sqlite+aiosqlite://"


class Health(StrEnum):
    """How the loyalty system is."""

    UP = "up"
    DOWN = "down"  # nothing is carried out
    SLOW = "slow"  # everything is carried out, but the answer comes after the limit
    GARBAGE = "garbage"  # nothing is carried out, and the answer makes no sense


class InProcessLoyalty:
    """`LoyaltySystem` by the sandbox's own rules over its database, by default in memory. Set `health` to make it ill.

    Answers go through the sandbox's and the client's words for the wire, so that they are what HTTP would bring.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        undo_window: timedelta = timedelta(hours=24),
        people: SamplePeople | None = None,
        database_url: str = IN_MEMORY,
    ) -> None:
        """Take a clock (aware, UTC) and the people; `open` fills the database."""
        self.health = Health.UP
        self._now = now
        self._store = SandboxStore(database_url, people or sample_people(), self._today, now, undo_window)

    async def open(self) -> None:
        """Fill the database; everything else comes after this."""
        await self._store.prepare()

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """Find a customer by E.164 number."""
        return await self._answer(lambda: self._customer(self._store.customer_by_phone(phone)))

    async def customer_by_card(self, card_number: str, birth_date: date) -> Customer | None:
        """Find a customer by card number, proved by the birth date."""
        return await self._answer(lambda: self._customer(self._store.customer_by_card(card_number, birth_date)))

    async def customer_by_id(self, customer_id: str) -> Customer | None:
        """Read a customer again."""
        return await self._answer(lambda: self._customer(self._store.customer_by_id(customer_id)))

    async def preview_merge(self, merge: Merge) -> MergePreview | Refused:
        """Tell what a merge would do."""

        async def preview() -> MergePreview | Refused:
            return read_preview(preview_answer(await self._store.preview(merge)).model_dump_json().encode())

        return await self._answer(preview)

    async def carry_out(self, key: str, change: Change) -> Outcome:
        """Make a change under its operation key."""
        if not OPERATION_KEY.fullmatch(key):
            raise ValueError("not an operation key")

        async def operate() -> Outcome:
            try:
                return read_outcome((await self._store.carry_out(key, change)).encode())
            except OperationKeyUsed:
                raise LoyaltyKeyConflict("the key was used with another content") from None

        return await self._answer(operate)

    async def everybody(self) -> tuple[Customer, ...]:
        """Read all customers, however ill the system is: for who looks at the outcome, not for the line."""
        rows = await self._store.everybody()
        return tuple(read_customer(customer_answer(row, self._today()).model_dump_json().encode()) for row in rows)

    async def close(self) -> None:
        """Close the database; one in memory is gone."""
        await self._store.close()

    async def _customer(self, asked: Awaitable[CustomerRow | None]) -> Customer | None:
        row = await asked
        return None if row is None else read_customer(customer_answer(row, self._today()).model_dump_json().encode())

    async def _answer(self, work: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        match self.health:
            case Health.DOWN:
                raise LoyaltyUnavailable("the sandbox is down")
            case Health.GARBAGE:
                raise LoyaltyGarbage("the sandbox talks nonsense")
            case Health.SLOW:
                await work()
                raise LoyaltyTimeout("the sandbox is too slow")
            case Health.UP:
                return await work()

    def _today(self) -> date:
        return self._now().date()
