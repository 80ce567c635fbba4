from __future__ import annotations

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest

from ivr.observability.metrics import Metrics
from ivr.observability.settings import WebSettings
from ivr.observability.web import ObservabilityServer, PartState

LIMIT = aiohttp.ClientTimeout(total=5)


class Site:
    """A running server and the parts that it tells of."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.parts = {
            "agi": PartState(up=True, needed=True),
            "speech": PartState(up=True, needed=True),
            "hearing": PartState(up=False, needed=False, note="no model"),
        }
        self.server = ObservabilityServer(WebSettings(port=0), self.metrics, lambda: self.parts)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start()
    yield site
    await site.server.close()


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=LIMIT) as session:
        yield session


async def test_a_worker_that_lives_is_healthy_whatever_its_parts_do(site: Site, web: aiohttp.ClientSession) -> None:
    site.parts["agi"] = PartState(up=False, needed=True)
    async with web.get(site.url("/healthz")) as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_a_worker_is_ready_without_the_parts_that_calls_can_do_without(
    site: Site, web: aiohttp.ClientSession
) -> None:
    async with web.get(site.url("/readyz")) as answer:
        assert answer.status == 200
        body = await answer.json()
    assert body["ready"] is True
    assert body["parts"]["hearing"] == {"up": False, "needed": False, "note": "no model"}


async def test_a_worker_without_a_needed_part_is_not_ready_and_says_why(site: Site, web: aiohttp.ClientSession) -> None:
    site.parts["speech"] = PartState(up=False, needed=True, note="warming up")
    async with web.get(site.url("/readyz")) as answer:
        assert answer.status == 503
        body = await answer.json()
    assert body["ready"] is False
    assert body["parts"]["speech"] == {"up": False, "needed": True, "note": "warming up"}


async def test_metrics_tell_counts_and_parts(site: Site, web: aiohttp.ClientSession) -> None:
    site.metrics.calls.labels("contained").inc(3)
    async with web.get(site.url("/metrics")) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        lines = (await answer.text()).splitlines()
    assert 'yulia_calls_total{outcome="contained"} 3.0' in lines
    assert 'yulia_part_up{part="agi"} 1.0' in lines
    assert 'yulia_part_up{part="hearing"} 0.0' in lines


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/metrics/../../etc/passwd", 404),
        ("GET", "/healthz/", 404),
        ("POST", "/healthz", 405),
        ("DELETE", "/metrics", 405),
        ("HEAD", "/healthz", 200),
    ],
)
async def test_anything_else_is_refused(
    site: Site, web: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with web.request(method, site.url(path)) as answer:
        assert answer.status == status


async def test_a_big_body_does_no_harm(site: Site, web: aiohttp.ClientSession) -> None:
    async with web.post(site.url("/healthz"), data=io.BytesIO(bytes(5_000_000))) as answer:
        assert answer.status in (405, 413)
    async with web.get(site.url("/healthz")) as answer:
        assert answer.status == 200


async def test_two_workers_do_not_share_their_counts() -> None:
    one, other = Metrics(), Metrics()
    one.calls.labels("contained").inc()
    assert other.registry.get_sample_value("yulia_calls_total", {"outcome": "contained"}) is None
