"""What every counter of wrong tries does; run over the fake and over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from integrations.attempts.port import AttemptSubject, WrongAttempts
from integrations.attempts.redis_attempts import RedisWrongAttempts
from integrations.redis_link import RedisLink
from integrations.settings import AttemptSettings
from tests.integrations.attempts.fake import FakeWrongAttempts


@dataclass(frozen=True)
class Counters:
    """Make counters with the settings of a test, and let their time pass."""

    make: Callable[[AttemptSettings], WrongAttempts]
    pass_minutes: Callable[[WrongAttempts, float], Awaitable[None]]


@pytest.fixture(params=["fake", "redis"])
def counters(request: pytest.FixtureRequest) -> Counters:
    if request.param == "fake":

        async def pass_fake_minutes(attempts: WrongAttempts, minutes: float) -> None:
            assert isinstance(attempts, FakeWrongAttempts)
            attempts.pass_minutes(minutes)

        return Counters(FakeWrongAttempts, pass_fake_minutes)

    link: RedisLink = request.getfixturevalue("redis_link")

    async def pass_real_minutes(attempts: WrongAttempts, minutes: float) -> None:
        await asyncio.sleep(minutes * 60)  # Redis has its own clock: the tests' minutes are split seconds

    return Counters(lambda settings: RedisWrongAttempts(link, settings, secret=b"s" * 32), pass_real_minutes)


def subject(caller: str | None = "+79160000001", card: str = "7789000000000001") -> AttemptSubject:
    return AttemptSubject(caller_number=caller, card_number=card)


async def test_nobody_is_locked_at_first(counters: Counters) -> None:
    assert not await counters.make(AttemptSettings()).is_locked(subject())


async def test_a_caller_is_locked_at_the_limit_whatever_the_cards(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_caller=3))
    locked = [await attempts.count_wrong(subject(card=f"{card}000000000000001")) for card in range(3)]
    assert locked == [False, False, True]
    assert await attempts.is_locked(subject(card="9999000000000001"))
    assert not await attempts.is_locked(subject("+79160000002", "9999000000000001"))


async def test_a_card_is_locked_at_the_limit_whoever_tries(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_card=3))
    locked = [await attempts.count_wrong(subject(f"+7916000000{caller}")) for caller in range(3)]
    assert locked == [False, False, True]
    assert await attempts.is_locked(subject("+79169999999"))
    assert not await attempts.is_locked(subject("+79169999999", "7789000000000002"))


async def test_a_range_of_cards_is_locked_at_the_limit_whoever_tries_whichever(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_range=4, range_digits=12))
    locked = [
        await attempts.count_wrong(subject(f"+7916000000{number}", f"77890000000000{number:02}")) for number in range(4)
    ]
    assert locked == [False, False, False, True]
    assert await attempts.is_locked(subject("+79169999999", "7789000000009999"))
    assert not await attempts.is_locked(subject("+79169999999", "7789000000010001"))


async def test_callers_with_hidden_numbers_count_as_one(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_caller=2))
    await attempts.count_wrong(subject(None, "1000000000000001"))
    assert await attempts.count_wrong(subject(None, "2000000000000001"))
    assert await attempts.is_locked(subject(None, "3000000000000001"))


async def test_a_right_answer_forgets_the_callers_wrong_tries_but_not_the_cards(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_caller=3, per_card=4))
    await attempts.count_wrong(subject())
    await attempts.count_wrong(subject())
    await attempts.forget_caller("+79160000001")
    assert not await attempts.count_wrong(subject())  # the caller's first again, the card's third
    assert await attempts.count_wrong(subject("+79160000002"))  # the card's fourth


async def test_a_right_answer_does_not_open_a_lock(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_caller=1))
    await attempts.count_wrong(subject())
    await attempts.forget_caller("+79160000001")
    assert await attempts.is_locked(subject())


async def test_forgetting_an_unknown_caller_is_no_error(counters: Counters) -> None:
    await counters.make(AttemptSettings()).forget_caller("+79160000009")


async def test_a_wrong_try_counts_only_within_the_window(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_card=2, window_minutes=0.1 / 60))
    assert not await attempts.count_wrong(subject())
    await counters.pass_minutes(attempts, 0.15 / 60)
    assert not await attempts.count_wrong(subject())


async def test_the_window_slides_with_each_try(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_card=3, window_minutes=0.1 / 60))
    locked = []
    for _ in range(4):  # never more than two within any window
        locked.append(await attempts.count_wrong(subject()))
        await counters.pass_minutes(attempts, 0.06 / 60)
    assert locked == [False] * 4


async def test_a_lock_ends_and_counting_starts_afresh(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_card=2, window_minutes=60, lock_minutes=0.1 / 60))
    await attempts.count_wrong(subject())
    assert await attempts.count_wrong(subject())
    await counters.pass_minutes(attempts, 0.15 / 60)
    assert not await attempts.is_locked(subject())
    assert not await attempts.count_wrong(subject())


async def test_tries_during_a_lock_do_not_count_towards_the_next(counters: Counters) -> None:
    attempts = counters.make(AttemptSettings(per_caller=100, per_card=2, lock_minutes=0.1 / 60))
    for _ in range(2):
        await attempts.count_wrong(subject())
    for _ in range(5):
        await attempts.count_wrong(subject())
    await counters.pass_minutes(attempts, 0.2 / 60)
    assert not await attempts.count_wrong(subject())
