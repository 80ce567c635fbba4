from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from ivr.line.worker_parts import WorkerPart, worker_parts
from ivr.observability.metrics import Metrics
from ivr.observability.settings import WebSettings
from ivr.observability.web import ObservabilityServer, PartState


@pytest.fixture
async def worker() -> AsyncIterator[ObservabilityServer]:
    """Serve the state of a worker that is not ready."""
    parts = {
        "agi": PartState(False, needed=True),
        "hearing": PartState(True, needed=False, note="vosk/ru-8k/phrases; gone: no such folder"),
    }
    server = ObservabilityServer(WebSettings(port=0), Metrics(), lambda: parts)
    await server.start()
    yield server
    await server.close()


async def test_a_worker_tells_of_its_parts_even_when_it_is_not_ready(worker: ObservabilityServer) -> None:
    assert await worker_parts(f"http://127.0.0.1:{worker.port}") == (
        WorkerPart("agi", False, ""),
        WorkerPart("hearing", True, "vosk/ru-8k/phrases; gone: no such folder"),
    )


async def test_a_worker_that_is_gone_tells_nothing() -> None:
    assert await worker_parts("http://127.0.0.1:9") == ()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"parts": 5}', '{"parts": {"agi": {}}}'])
async def test_something_else_at_its_address_tells_nothing(body: str) -> None:
    app = web.Application()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    app.router.add_get("/readyz", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        assert await worker_parts(f"http://127.0.0.1:{runner.addresses[0][1]}") == ()
    finally:
        await runner.cleanup()
