"""Health, readiness and metrics of a worker over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ivr.observability.metrics import Metrics
from ivr.observability.settings import WebSettings

BODY_LIMIT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class PartState:
    """How one part of the worker is doing."""

    up: bool
    needed: bool  # whether calls can't be answered without it
    note: str = ""


class ObservabilityServer:
    """Serve /healthz (the process lives), /readyz (calls can be answered) and /metrics (Prometheus)."""

    def __init__(self, settings: WebSettings, metrics: Metrics, parts: Callable[[], Mapping[str, PartState]]) -> None:
        self._settings = settings
        self._metrics = metrics
        self._parts = parts
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._serve_metrics)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> None:
        """Begin to listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._settings.host, self._settings.port).start()

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """Return the port in use."""
        return int(self._runner.addresses[0][1])

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        parts = self._parts()
        ready = all(part.up for part in parts.values() if part.needed)
        body = {
            "ready": ready,
            "parts": {name: {"up": part.up, "needed": part.needed, "note": part.note} for name, part in parts.items()},
        }
        return web.json_response(body, status=200 if ready else 503)

    async def _serve_metrics(self, _request: web.Request) -> web.Response:
        for name, part in self._parts().items():
            self._metrics.parts_up.labels(name).set(part.up)
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
