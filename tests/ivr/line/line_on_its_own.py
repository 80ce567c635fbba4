"""A program that runs a line until it is killed: `python -m tests.ivr.line.line_on_its_own NOTICES`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.ivr.line.conftest import servers_only


async def main() -> None:
    async with servers_only(Path(sys.argv[1])) as line:
        pids = [process.pid for process in line.processes.values()]
        sys.stdout.write(json.dumps({"state_dir": str(line.plan.state_dir), "pids": pids}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
