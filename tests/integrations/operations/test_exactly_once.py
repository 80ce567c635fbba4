"""Whatever fails, dies or comes late, in whatever order: each accepted operation is carried out or refused once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.loyalty.port import (
    CardBlock,
    Change,
    Done,
    LoyaltyTimeout,
    LoyaltyUnavailable,
    Merge,
    MergeUndo,
    Outcome,
    PhoneBlock,
)
from integrations.operations.port import Operation, OperationLog, OperationLogError, OperationState
from integrations.operations.schema import upgrade
from integrations.operations.sender import OperationSender
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.loyalty.fake import FakeLoyaltySystem
from tests.integrations.loyalty.operation_examples import DMITRYS_MERGE, NEWCOMER, PAVEL, TIE_TO_PAVEL, cards_of
from tests.integrations.loyalty.sandbox_under_test import TODAY
from tests.integrations.operations.examples import ACCEPTED_AT, BLOCK, SETTINGS
from tests.integrations.operations.fake import FakeOperationLog

MERGE_KEY = "operation-of-a-merge"
CHANGES: list[Change] = [
    DMITRYS_MERGE,
    MergeUndo(MERGE_KEY),
    BLOCK,
    BLOCK,  # by another key: whichever comes second is refused
    CardBlock("7789001245700372"),  # nobody's: refused
    PhoneBlock("+79160000037"),
    NEWCOMER,
    PAVEL,
    TIE_TO_PAVEL,
    Merge("c-0033", *cards_of("c-0033")),
]
KEYS = [MERGE_KEY, *(f"operation-number-{number:02}" for number in range(1, len(CHANGES)))]

FATES = ["well", "down", "late", "lost", "dies_before_sending", "dies_before_marking", "stalls", "cannot_be_marked"]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(0, len(CHANGES) - 1)),
        st.tuples(st.just("send"), st.sampled_from(FATES)),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 61])),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("break_log"), st.just(0)),
        st.tuples(st.just("mend_log"), st.just(0)),
    ),
    max_size=40,
)


class FatefulLoyalty(FakeLoyaltySystem):
    """A loyalty system whose next answers go as `fate` says. Death is a wait that its worker's end cuts off."""

    fate = "well"
    stalled: asyncio.Event

    async def carry_out(self, key: str, change: Change) -> Outcome:
        fate, forever = self.fate, asyncio.Event()
        if fate == "down":
            raise LoyaltyUnavailable("down")
        if fate == "late":
            raise LoyaltyTimeout("late")
        if fate == "stalls":
            await self.stalled.wait()
        if fate == "dies_before_sending":
            await forever.wait()
        outcome = await super().carry_out(key, change)
        if fate == "dies_before_marking":
            await forever.wait()
        if fate == "lost":
            raise LoyaltyUnavailable("the answer got lost")
        return outcome


class World:
    """Workers, one after the other or beside each other, on one log."""

    def __init__(self, log: OperationLog, spool: Path) -> None:
        self._shared = log
        self._path = spool
        self.loyalty = FatefulLoyalty.with_sample_people(TODAY)
        self.loyalty.stalled = asyncio.Event()
        self.now = ACCEPTED_AT
        self.is_log_broken = False
        self.accepted: set[str] = set()
        self._workers: set[asyncio.Task[int]] = set()
        self._open()

    async def accept(self, number: int) -> None:
        """Accept, as a dialogue does; only what was accepted without an error was told to the caller."""
        operation = Operation(KEYS[number], "call-1", CHANGES[number], ACCEPTED_AT)
        await self.log.accept(operation)
        self.accepted.add(operation.key)

    async def send(self, fate: str) -> None:
        self.loyalty.fate = "well" if fate == "cannot_be_marked" else fate
        sender = OperationSender(
            _Marking(self, breaks=fate == "cannot_be_marked"), self.loyalty, SETTINGS, clock=lambda: self.now
        )
        worker = asyncio.get_running_loop().create_task(sender.send_due())
        await asyncio.wait({worker}, timeout=0.02 if fate.startswith(("dies", "stalls")) else None)
        if fate.startswith("dies"):
            worker.cancel()
        elif not worker.done():
            self._workers.add(worker)
            return
        await asyncio.gather(worker, return_exceptions=True)

    def restart(self) -> None:
        """Start the worker anew: what it had in memory is gone, its spool is not."""
        self.log.close()
        self._open()

    async def come_to_rest(self) -> None:
        """Mend everything, and let time pass."""
        self.is_log_broken = False
        self.loyalty.fate = "well"
        self.loyalty.stalled.set()
        await asyncio.gather(*self._workers)
        await self.log.import_spool()
        for _ in range(20):
            self.now += timedelta(days=1, seconds=1)
            await self.send("well")
        self.log.close()

    def _open(self) -> None:
        self.log = SpooledOperationLog(_Breakable(self), self._path)

    @property
    def shared(self) -> OperationLog:
        if self.is_log_broken:
            raise OperationLogError("the database is away")
        return self._shared


class _Breakable:
    """The shared log as a worker reaches it: away when the world says so."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> object:
        async def use(*arguments: object, **options: object) -> object:
            return await getattr(self._world.shared, name)(*arguments, **options)

        return use


class _Marking:
    """The log as a sender has it, perhaps away at the moment when an outcome is to be noted."""

    def __init__(self, world: World, *, breaks: bool) -> None:
        self._world = world
        self._breaks = breaks

    def __getattr__(self, name: str) -> object:
        if name == "settle" and self._breaks:
            return self._fail
        return getattr(self._world.log, name)

    async def _fail(self, *_: object) -> None:
        raise OperationLogError("away at the worst moment")


async def live_through(steps: list[tuple[str, object]], log: OperationLog, folder: Path) -> None:
    world = World(log, folder / "spool.jsonl")
    for kind, what in steps:
        match kind, what:
            case "accept", int(number):
                await world.accept(number)
            case "send", str(fate):
                await world.send(fate)
            case "wait", int(seconds):
                world.now += timedelta(seconds=seconds)
            case "restart", _:
                world.restart()
            case "break_log", _:
                world.is_log_broken = True
            case "mend_log", _:
                world.is_log_broken = False
                await world.log.import_spool()
    await world.come_to_rest()
    await check(world, log)


async def check(world: World, log: OperationLog) -> None:
    assert sorted(world.loyalty.carried_out) == sorted(world.accepted), "each once, and nothing that was not accepted"
    assert (await log.backlog()).operations == 0
    for key in world.accepted:
        record = await log.load(key)
        assert record is not None
        answer = await world.loyalty.carry_out(key, CHANGES[KEYS.index(key)])
        if isinstance(answer, Done):
            assert record.state in (OperationState.DONE, OperationState.UNDONE)
        else:
            assert (record.state, record.reason) == (OperationState.REFUSED, answer.reason.value)
    dmitry = await world.loyalty.customer_by_id("c-0002")
    assert dmitry is not None
    assert sum(card.points for card in dmitry.cards) == 425, "no point is lost or made"
    oleg = await world.loyalty.customer_by_id("c-0033")
    assert oleg is not None
    assert sum(card.points for card in oleg.cards) == 1100


def run(steps: list[tuple[str, object]], open_log: Callable[[Path], AbstractAsyncContextManager[OperationLog]]) -> None:
    async def story() -> None:
        with TemporaryDirectory(prefix="yulia-once-") as folder:
            async with open_log(Path(folder)) as log:
                await live_through(steps, log, Path(folder))

    asyncio.run(story())


@asynccontextmanager
async def fake_log(_: Path) -> AsyncIterator[OperationLog]:
    yield FakeOperationLog()


@asynccontextmanager
async def sqlite_log(folder: Path) -> AsyncIterator[OperationLog]:
    await upgrade(f"sqlite:///{folder}/yulia.db")
    log = SqlOperationLog(f"sqlite:///{folder}/yulia.db", limit_seconds=20.0)
    yield log
    await log.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_any_story_ends_with_each_operation_done_once_or_refused_once(steps: list[tuple[str, object]]) -> None:
    run(steps, fake_log)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_so_it_is_with_a_real_database(steps: list[tuple[str, object]]) -> None:
    run(steps, sqlite_log)


def test_the_worst_story_of_all() -> None:
    """Every fate befalls every operation, with the database away in between."""
    steps: list[tuple[str, object]] = []
    for number in range(len(CHANGES)):
        steps += [("break_log", 0)] if number % 3 == 2 else []
        steps += [("accept", number), ("accept", number), ("restart", 0)]
        steps += [("mend_log", 0)] if number % 3 == 2 else []
        for fate in reversed(FATES):  # «well» comes last
            steps += [("send", fate), ("wait", 61)]
    run(steps, fake_log)
