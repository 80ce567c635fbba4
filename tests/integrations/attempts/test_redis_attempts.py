"""What only the counters in Redis can get wrong."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from integrations.attempts.port import AttemptsError, AttemptSubject
from integrations.attempts.redis_attempts import RedisWrongAttempts
from integrations.redis_link import RedisLink
from integrations.settings import AttemptSettings, RedisSettings
from tests.integrations.redis_server import RedisServer

_SECRET = b"0123456789abcdef"
_SUBJECT = AttemptSubject(caller_number="+79160000001", card_number="7789001234567891")


def test_a_secret_that_could_be_guessed_is_refused(redis_link: RedisLink) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        RedisWrongAttempts(redis_link, AttemptSettings(), secret=b"short")


async def test_redis_never_sees_a_callers_or_a_cards_number(redis_link: RedisLink) -> None:
    attempts = RedisWrongAttempts(redis_link, AttemptSettings(per_card=2), secret=_SECRET)
    await attempts.count_wrong(_SUBJECT)
    await attempts.count_wrong(_SUBJECT)
    stored = ""
    async for key in redis_link.client.scan_iter(redis_link.key("*")):
        stored += f"{key!r} {await redis_link.client.dump(key)!r} "
    assert stored.count("attempts") == 3  # caller's and range's windows, card's lock
    assert "9160000001" not in stored and "778900" not in stored


async def test_everything_that_is_counted_is_forgotten_in_time(redis_link: RedisLink) -> None:
    settings = AttemptSettings(per_card=1, window_minutes=30, lock_minutes=60)
    await RedisWrongAttempts(redis_link, settings, secret=_SECRET).count_wrong(_SUBJECT)
    keys = [key async for key in redis_link.client.scan_iter(redis_link.key("*"))]
    assert len(keys) == 3
    assert all([0 < await redis_link.client.pttl(key) <= 3_600_000 for key in keys])


async def test_another_secret_knows_nothing_of_the_locks(redis_link: RedisLink) -> None:
    settings = AttemptSettings(per_card=1)
    await RedisWrongAttempts(redis_link, settings, secret=_SECRET).count_wrong(_SUBJECT)
    assert not await RedisWrongAttempts(redis_link, settings, secret=_SECRET[::-1]).is_locked(_SUBJECT)


async def test_the_locks_beginning_is_told_once_and_masked(redis_link: RedisLink) -> None:
    attempts = RedisWrongAttempts(redis_link, AttemptSettings(per_card=2), secret=_SECRET)
    with capture_logs() as logs:
        for _ in range(4):
            await attempts.count_wrong(_SUBJECT)
    (line,) = logs
    assert line["event"] == "lock after wrong tries"
    assert (line["scope"], line["alert"], line["log_level"]) == ("card", True, "warning")
    assert line["caller"].endswith("0001") and line["card"].endswith("7891")
    assert "916" not in str(line) and "7789" not in str(line)


async def test_workers_that_count_at_the_same_time_lose_no_try(redis_server: RedisServer) -> None:
    settings = RedisSettings(url=redis_server.url, limit_seconds=10, key_prefix="at-once:")
    limits = AttemptSettings(per_caller=1000, per_card=40, per_range=1000)
    async with RedisLink(settings) as one, RedisLink(settings) as two:
        workers = [RedisWrongAttempts(link, limits, secret=_SECRET) for link in (one, two)]
        with capture_logs() as logs:
            locked = await asyncio.gather(*(workers[n % 2].count_wrong(_SUBJECT) for n in range(40)))
    assert locked.count(True) == 1
    assert len(logs) == 1


async def test_a_frozen_or_killed_redis_is_an_error_and_never_an_unlocked_answer(
    own_redis_server: RedisServer, own_redis_link: RedisLink
) -> None:
    attempts = RedisWrongAttempts(own_redis_link, AttemptSettings(per_card=1), secret=_SECRET)
    assert await attempts.count_wrong(_SUBJECT)
    own_redis_server.freeze()
    with pytest.raises(AttemptsError):
        await attempts.is_locked(_SUBJECT)
    with pytest.raises(AttemptsError):
        await attempts.count_wrong(_SUBJECT)
    own_redis_server.thaw()
    assert await attempts.is_locked(_SUBJECT)
    own_redis_server.kill()
    with pytest.raises(AttemptsError):
        await attempts.is_locked(_SUBJECT)
    with pytest.raises(AttemptsError):
        await attempts.forget_caller("+79160000001")
    own_redis_server.start()
    assert await attempts.is_locked(_SUBJECT)
    assert await attempts.count_wrong(_SUBJECT)  # the script is known again
