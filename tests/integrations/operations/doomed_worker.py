"""A worker that stops at a moment, says so, and waits to be killed: `doomed_worker MOMENT DATABASE SANDBOX SPOOL`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from integrations.loyalty.http_client import HttpLoyaltySystem
from integrations.loyalty.port import Change, Outcome
from integrations.operations.port import Operation
from integrations.operations.sender import OperationSender
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.loyalty.operation_examples import DMITRYS_MERGE
from tests.integrations.loyalty.sandbox_under_test import PATIENT, TOKEN
from tests.integrations.operations.examples import SETTINGS

KEY = "operation-of-a-doomed-worker"
CALL_ID = "call-1"


async def stop_here(moment: str) -> None:
    sys.stdout.write(f"{moment}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


class _StopsAtSettling(SpooledOperationLog):
    async def settle(self, key: str, outcome: Outcome, at: datetime) -> None:
        await stop_here("sent")


async def live(moment: str, database_url: str, sandbox_url: str, spool: Path) -> None:
    class StopsAtSending(HttpLoyaltySystem):
        async def carry_out(self, key: str, change: Change) -> Outcome:
            if moment == "claimed":
                await stop_here("claimed")
            return await super().carry_out(key, change)

    log = _StopsAtSettling(SqlOperationLog(database_url, limit_seconds=1.0 if moment == "spooled" else 20.0), spool)
    await log.accept(Operation(KEY, CALL_ID, DMITRYS_MERGE, datetime.now(UTC)))
    if moment in ("accepted", "spooled"):
        await stop_here(moment)
    await OperationSender(log, StopsAtSending(sandbox_url, TOKEN, PATIENT), SETTINGS).send(KEY)


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
