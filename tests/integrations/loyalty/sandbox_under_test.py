"""A real sandbox on loopback, and a plain client to ask and to switch it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import aiohttp
from pydantic import SecretStr

from integrations.loyalty.http_client import HttpLoyaltySystem
from integrations.loyalty.sandbox.service import running_sandbox, utc_now
from integrations.loyalty.sandbox.settings import SandboxSettings
from integrations.loyalty.settings import LoyaltySettings

TOKEN = SecretStr("a-token-of-the-tests-alone")
TODAY = date(2026, 3, 1)
PATIENT = LoyaltySettings(
    limit_seconds=20.0, change_limit_seconds=20.0, connect_limit_seconds=10.0, retry_pause_seconds=0.0
)
"""For lookups that are to succeed on a busy machine; tests of the limits set short ones."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class SandboxUnderTest:
    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http

    async def ask(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        raw: bytes | AsyncIterator[bytes] | None = None,
        **headers: str,
    ) -> Answer:
        """Send a request with the token; `raw` and headers, with `_` for `-`, override what is sent."""
        sent = {"Authorization": f"Bearer {TOKEN.get_secret_value()}"}
        if raw is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body: dict[str, Any] = {"json": json} if json is not None else {"data": raw}
        async with self._http.request(method, self.url + path, headers=sent, **body) as reply:
            is_json = reply.content_type == "application/json"
            return Answer(reply.status, await reply.json() if is_json else await reply.text(), dict(reply.headers))

    async def switch(self, **switch: object) -> None:
        answer = await self.ask("PUT", "/sandbox/switches", {"switches": [switch]})
        assert answer.status == 200, answer.body

    async def used(self) -> list[int]:
        """Tell how often each switch was felt, in the order they were set."""
        answer = await self.ask("GET", "/sandbox/switches")
        return [switch["used"] for switch in answer.body["switches"]]

    def client(self, settings: LoyaltySettings = PATIENT, token: SecretStr = TOKEN) -> HttpLoyaltySystem:
        return HttpLoyaltySystem(self.url, token, settings)


async def never_ending_body() -> AsyncIterator[bytes]:
    """Send a first byte and then nothing."""
    yield b"{"
    await asyncio.Event().wait()


@asynccontextmanager
async def sandbox_under_test(
    database_url: str,
    today: Callable[[], date] = lambda: TODAY,
    now: Callable[[], datetime] = utc_now,
    **settings: Any,
) -> AsyncIterator[SandboxUnderTest]:
    wanted = SandboxSettings(port=0, database_url=database_url, **settings)
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http,
        running_sandbox(wanted, TOKEN, today, now) as url,
    ):
        yield SandboxUnderTest(url, http)
