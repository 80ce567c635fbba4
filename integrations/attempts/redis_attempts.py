"""Wrong tries in Redis: sliding windows and locks, changed in one atomic step."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import structlog

from integrations.attempts.port import AttemptsError, AttemptSubject
from integrations.redis_link import RedisLink
from integrations.settings import AttemptSettings

_log = structlog.get_logger()

_SCOPES = ("caller", "card", "range")
_SECRET_BYTES = 16

# KEYS: for each scope its window (a sorted set of tries by their time), then for each scope its lock.
# ARGV: this try's own name, window and lock in milliseconds, then each scope's limit.
# Returns for each scope 0 (free), 1 (locked before) or 2 (locked by this try).
# A scope that is locked counts nothing, so that tries during a lock do not make it longer. The name makes the
# step repeatable: a try that is sent twice over a broken connection counts once.
_COUNT_WRONG = """
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local scopes = #KEYS / 2
local states = {}
for i = 1, scopes do
  local window, lock = KEYS[i], KEYS[scopes + i]
  if redis.call('EXISTS', lock) == 1 then
    states[i] = 1
  else
    redis.call('ZREMRANGEBYSCORE', window, '-inf', now_ms - ARGV[2])
    redis.call('ZADD', window, now_ms, ARGV[1])
    if redis.call('ZCARD', window) >= tonumber(ARGV[3 + i]) then
      redis.call('SET', lock, '1', 'PX', ARGV[3])
      redis.call('DEL', window)
      states[i] = 2
    else
      redis.call('PEXPIRE', window, ARGV[2])
      states[i] = 0
    end
  end
end
return states
"""


class RedisWrongAttempts:
    """The port of wrong tries over Redis.

    Callers and cards are known to Redis only by keyed hashes: who reads it learns no number, and cannot find one by
    hashing all of them without the secret.
    """

    def __init__(self, link: RedisLink, settings: AttemptSettings, *, secret: bytes) -> None:
        """Take the secret of at least 16 bytes that all workers of a line share; a new one forgets all counters."""
        if len(secret) < _SECRET_BYTES:
            raise ValueError(f"the secret of wrong tries needs at least {_SECRET_BYTES} bytes")
        self._link = link
        self._settings = settings
        self._secret = secret
        self._script = link.client.register_script(_COUNT_WRONG)

    async def is_locked(self, subject: AttemptSubject) -> bool:
        """Say whether the caller, the card or its range is locked."""
        async with self._link.limited(AttemptsError, "look for locks"):
            locks = await self._link.client.exists(*self._lock_keys(subject))
        return bool(locks)

    async def count_wrong(self, subject: AttemptSubject) -> bool:
        """Count one wrong try for the caller, the card and its range; return whether any is now locked."""
        settings = self._settings
        arguments: list[str | int] = [
            secrets.token_hex(8),
            _milliseconds(settings.window_minutes),
            _milliseconds(settings.lock_minutes),
            settings.per_caller,
            settings.per_card,
            settings.per_range,
        ]
        async with self._link.limited(AttemptsError, "count a wrong try"):
            states: Any = await self._script(
                keys=[*self._window_keys(subject), *self._lock_keys(subject)], args=[*arguments]
            )
        for scope, state in zip(_SCOPES, states, strict=True):
            if state == 2:
                self._alert(scope, subject)
        return any(states)

    async def forget_caller(self, caller_number: str) -> None:
        """Reset a caller's counter after a right answer; a lock stays."""
        async with self._link.limited(AttemptsError, "forget a caller's wrong tries"):
            await self._link.client.delete(self._key("tries", "caller", caller_number))

    def _window_keys(self, subject: AttemptSubject) -> list[str]:
        return [self._key("tries", scope, value) for scope, value in self._values(subject)]

    def _lock_keys(self, subject: AttemptSubject) -> list[str]:
        return [self._key("lock", scope, value) for scope, value in self._values(subject)]

    def _values(self, subject: AttemptSubject) -> list[tuple[str, str]]:
        caller = "hidden" if subject.caller_number is None else subject.caller_number
        card_range = subject.card_number[: self._settings.range_digits]
        return list(zip(_SCOPES, (caller, subject.card_number, card_range), strict=True))

    def _key(self, what: str, scope: str, value: str) -> str:
        digest = hmac.digest(self._secret, f"{scope}:{value}".encode(), hashlib.sha256).hex()
        # The braces keep all counters in one slot of a Redis Cluster, as an atomic step needs.
        return self._link.key("{attempts}", what, scope, digest)

    def _alert(self, scope: str, subject: AttemptSubject) -> None:
        _log.warning(
            "lock after wrong tries",
            alert=True,
            scope=scope,
            caller=_last_four(subject.caller_number) if subject.caller_number else "hidden",
            card=_last_four(subject.card_number),
            lock_minutes=self._settings.lock_minutes,
        )


def _milliseconds(minutes: float) -> int:
    return max(1, round(minutes * 60_000))


def _last_four(number: str) -> str:
    return "*" * max(0, len(number) - 4) + number[-4:]
