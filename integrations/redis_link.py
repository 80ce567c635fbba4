"""One worker's link to Redis: time limits, key prefix, and foreign errors turned into each port's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from integrations.settings import RedisSettings


class RedisLink:
    """A Redis client that never makes anybody wait longer than `limit_seconds`. Connects at the first command."""

    def __init__(self, settings: RedisSettings) -> None:
        self.settings = settings
        self.client = self._open(settings.connections, settings.limit_seconds)

    def open_follower(self, block_seconds: float) -> Redis:
        """Open a client of one connection for blocking reads; the caller closes it."""
        return self._open(1, block_seconds + self.settings.limit_seconds)

    def key(self, *parts: str) -> str:
        """Build a key of this line."""
        return self.settings.key_prefix + ":".join(parts)

    @asynccontextmanager
    async def limited(
        self, error: type[Exception], doing: str, *, limit_seconds: float | None = None
    ) -> AsyncIterator[None]:
        """Run Redis commands within the time limit.

        Raises:
            error: in place of whatever Redis, the network or the clock had to say.
        """
        limit = self.settings.limit_seconds if limit_seconds is None else limit_seconds
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError as late:
            raise error(f"{doing}: Redis did not answer within {limit:g} s") from late
        except (RedisError, OSError) as failure:
            raise error(f"{doing}: {type(failure).__name__}: {failure}") from failure

    async def ping(self) -> None:
        """Check that Redis answers.

        Raises:
            ConnectionError
        """
        async with self.limited(ConnectionError, "ping"):
            await self.client.ping()

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _open(self, connections: int, limit_seconds: float) -> Redis:
        if self.settings.url is None:
            raise ValueError("RedisSettings.url is empty: the composition root fills it in before it opens the link")
        pool = BlockingConnectionPool.from_url(
            self.settings.url,
            max_connections=connections,
            timeout=limit_seconds,
            # No limits inside the client: with one it sends by asyncio.wait_for(), which on Python 3.11 can swallow a
            # cancellation (cpython issue 86296), and a hung-up call would go on. `limited` bounds the whole command.
            socket_timeout=None,
            socket_connect_timeout=limit_seconds,
            # A restarted Redis leaves dead connections in the pool: one more try at once, on a new one. A late
            # Redis gets no second try, or the limit would not be one.
            retry=Retry(NoBackoff(), 1, (RedisConnectionError,)),
            protocol=2,
        )
        return Redis.from_pool(pool)
