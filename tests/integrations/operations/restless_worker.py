"""A worker that sends what is due until it is killed: `restless_worker DATABASE SANDBOX`."""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import UTC, datetime, timedelta

from integrations.loyalty.http_client import HttpLoyaltySystem
from integrations.operations.sender import OperationSender
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.loyalty.sandbox_under_test import PATIENT, TOKEN
from tests.integrations.operations.examples import SETTINGS


async def live(database_url: str, sandbox_url: str) -> None:
    minutes = itertools.count()  # each look at the clock is a minute later, so that every lease is over: the worst case

    def hurried_clock() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=next(minutes))

    settings = SETTINGS.model_copy(update={"round_seconds": 0.01, "at_once": 2})
    log = SqlOperationLog(database_url, limit_seconds=20.0)
    sender = OperationSender(log, HttpLoyaltySystem(sandbox_url, TOKEN, PATIENT), settings, clock=hurried_clock)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await sender.run()


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], sys.argv[2]))
