"""A worker: serves calls until it is told to stop. Started by `yulia run`, systemd or a container."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import structlog
import uvloop

from ivr.composition import running_worker
from ivr.observability.logs import configure_logs
from ivr.settings import Settings

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT; calls in progress get their time to end."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with running_worker(settings) as worker:
        log.info("worker ready", **worker.addresses)
        await stopping.wait()
        log.info("worker stopping", calls=worker.calls)


def main() -> None:
    """Read the settings once and serve."""
    settings = Settings()
    configure_logs(settings.logs.level, settings.logs.style)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
