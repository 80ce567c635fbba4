"""Understanding as the line puts it together."""

from __future__ import annotations

import pytest

from dialogs.nlu.assembly import understanding
from dialogs.nlu.failover import ParseTried
from dialogs.nlu.settings import UnderstandingEngine, UnderstandingSettings
from dialogs.settings import BUNDLED_FOLDER
from tests.dialogs.nlu.conftest import RasaServer


@pytest.mark.parametrize("engine", list(UnderstandingEngine))
async def test_the_engine_of_the_settings_is_asked_first(
    engine: UnderstandingEngine, settings: UnderstandingSettings
) -> None:
    tried: list[ParseTried] = []
    chosen = await understanding(BUNDLED_FOLDER, settings.model_copy(update={"engine": engine}), tried.append)
    assert (await chosen.parse("у меня украли карту")).intent == "block_card"
    assert [(each.engine, each.stood_in) for each in tried] == [(engine.value, False)]
    await chosen.close()


async def test_without_rasa_the_embedded_engine_stands_in(settings: UnderstandingSettings) -> None:
    gone = settings.model_copy(update={"engine": UnderstandingEngine.RASA, "rasa_url": "http://127.0.0.1:1"})
    tried: list[ParseTried] = []
    chosen = await understanding(BUNDLED_FOLDER, gone, tried.append)
    assert (await chosen.parse("у меня украли карту")).intent == "block_card"
    assert [(each.engine, each.stood_in) for each in tried] == [("rasa", False), ("embedded", True)]
    await chosen.close()


async def test_health_is_asked_of_rasa(rasa_server: RasaServer, settings: UnderstandingSettings) -> None:
    chosen = await understanding(
        BUNDLED_FOLDER, settings.model_copy(update={"engine": UnderstandingEngine.RASA}), lambda tried: None
    )
    rasa_server.model = None
    await chosen.look_after()
    assert chosen.name == "embedded"
    rasa_server.model = "yulia.tar.gz"
    await chosen.look_after()
    assert chosen.name == "rasa"
    await chosen.close()
