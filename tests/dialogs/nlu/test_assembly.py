"""Understanding as the line puts it together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from dialogs.nlu.assembly import Understandings
from dialogs.nlu.failover import ParseTried
from dialogs.nlu.settings import UnderstandingEngine, UnderstandingSettings
from dialogs.settings import BUNDLED_FOLDER
from tests.dialogs.nlu.conftest import RasaServer


class Line:
    """Understandings by the settings of a test, and what was tried."""

    def __init__(self, settings: UnderstandingSettings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self.tried: list[tuple[str, bool]] = []

    def understandings(self, **changes: object) -> Understandings:
        def note(tried: ParseTried) -> None:
            self.tried.append((tried.engine, tried.stood_in))

        made = Understandings(self._settings.model_copy(update=changes), note)
        self._stack.push_async_callback(made.close)
        return made


@pytest.fixture
async def line(settings: UnderstandingSettings) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        yield Line(settings, stack)


@pytest.mark.parametrize("engine", list(UnderstandingEngine))
async def test_the_engine_of_the_settings_is_asked_first(engine: UnderstandingEngine, line: Line) -> None:
    understandings = line.understandings(engine=engine)
    chosen = understandings.train(BUNDLED_FOLDER)
    assert (await chosen.parse("у меня украли карту")).intent == "block_card"
    assert line.tried == [(engine.value, False)]
    assert (understandings.asked_first, understandings.preferred_is_up) == (engine.value, True)


async def test_without_rasa_the_embedded_engine_stands_in(line: Line) -> None:
    understandings = line.understandings(engine=UnderstandingEngine.RASA, rasa_url="http://127.0.0.1:1")
    chosen = understandings.train(BUNDLED_FOLDER)
    assert (await chosen.parse("у меня украли карту")).intent == "block_card"
    assert line.tried == [("rasa", False), ("embedded", True)]


async def test_rasas_health_is_watched_for_all_dialogues_in_use(rasa_server: RasaServer, line: Line) -> None:
    understandings = line.understandings(engine=UnderstandingEngine.RASA, check_seconds=0.01)
    one, other = (understandings.train(BUNDLED_FOLDER) for _ in range(2))
    watching = asyncio.create_task(understandings.watch())

    async def both_ask(name: str) -> None:
        async with asyncio.timeout(10):
            while (one.name, other.name) != (name, name):
                await asyncio.sleep(0.01)

    rasa_server.model = None
    await both_ask("embedded")
    assert not understandings.preferred_is_up
    rasa_server.model = "yulia.tar.gz"
    await both_ask("rasa")
    assert understandings.preferred_is_up
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_a_folder_without_phrases_goes_by_those_that_come_along(line: Line, tmp_path: Path) -> None:
    chosen = line.understandings().train(tmp_path)
    assert (await chosen.parse("у меня украли карту")).intent == "block_card"
