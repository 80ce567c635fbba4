"""Whole calls run side by side in several processes; the line they ring is started once, by the first of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ivr.softphone.phone import SoftPhones
from tests.calls.running_line import LineAddresses, LineInBackground

LINE = pytest.StashKey[LineInBackground]()
ADDRESSES = pytest.StashKey[LineAddresses]()
FROM_CONTROLLER = "yulia_line"


def pytest_configure(config: pytest.Config) -> None:
    """Start the shared line in the controlling process."""
    given = getattr(config, "workerinput", {}).get(FROM_CONTROLLER)
    if given is not None:
        config.stash[ADDRESSES] = LineAddresses(**given)
    elif not config.option.collectonly:
        config.stash[LINE] = LineInBackground()
        config.stash[ADDRESSES] = config.stash[LINE].start()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a test process where the line is (hook of pytest-xdist)."""
    if ADDRESSES in node.config.stash:
        node.workerinput[FROM_CONTROLLER] = node.config.stash[ADDRESSES].as_dict()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared line."""
    if LINE in config.stash:
        config.stash[LINE].stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/calls/" in item.nodeid:
            item.add_marker(pytest.mark.call)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show what was said on the calls of a test that failed (and of those beside it)."""
    report = yield
    line = getattr(item, "funcargs", {}).get("line")
    if call.when == "call" and report.failed and line is not None:
        began = datetime.fromtimestamp(call.start, UTC).isoformat()
        told = [
            f"{context.caller_number}\n"
            + "\n".join(f"{entry.at_seconds:6.1f} {entry.who}: {entry.text}" for entry in context.transcript)
            for context in asyncio.run(line.contexts())
            if context.started_at >= began
        ]
        report.sections.append(("what was said", "\n\n".join(told)))
    return report


@pytest.fixture
def line(request: pytest.FixtureRequest) -> LineAddresses:
    """The line that all tests share."""
    return request.config.stash[ADDRESSES]


@pytest.fixture
async def phones() -> AsyncIterator[SoftPhones]:
    """Telephones of the test's process."""
    async with SoftPhones() as phones:
        yield phones
