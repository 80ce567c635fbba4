"""What a running worker says of its own parts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp

_LIMIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class WorkerPart:
    """One part, as /readyz tells it."""

    name: str
    is_up: bool
    note: str


async def worker_parts(web: str) -> tuple[WorkerPart, ...]:
    """Ask a worker at its web address; none when it does not answer in time or not with its parts."""
    try:
        async with (
            asyncio.timeout(_LIMIT_SECONDS),
            aiohttp.ClientSession() as client,
            client.get(f"{web}/readyz") as answer,
        ):
            parts = (await answer.json())["parts"]
            return tuple(WorkerPart(name, bool(part["up"]), str(part["note"])) for name, part in parts.items())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError):
        return ()
