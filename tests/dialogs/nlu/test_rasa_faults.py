"""What becomes of Rasa's faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from dialogs.nlu.port import UnderstandingGarbage, UnderstandingTimeout, UnderstandingUnavailable
from dialogs.nlu.rasa_http import RasaUnderstanding
from dialogs.nlu.settings import UnderstandingSettings
from tests.dialogs.nlu.conftest import RasaServer


@pytest.fixture
async def rasa(settings: UnderstandingSettings) -> AsyncIterator[RasaUnderstanding]:
    adapter = RasaUnderstanding(settings)
    yield adapter
    await adapter.close()


def answering(body: str, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    return answer


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        "null",
        '{"intent": "balance"}',
        '{"intent": {"name": 5, "confidence": 1}}',
        '{"intent": {"name": "balance", "confidence": 7}}',
        '{"intent": {"name": "balance", "confidence": NaN}}',
        '{"intent": {"name": "balance", "confidence": 0.9}, "entities": [{"entity": "x"}]}',
        '{"intent": {"name": "balance", "confidence": 0.9}, "intent_ranking": 5}',
        "[" * 3000,
        " " * 20_000,
    ],
)
async def test_garbage_is_told_apart(rasa: RasaUnderstanding, rasa_server: RasaServer, body: str) -> None:
    rasa_server.spoiled = answering(body)
    with pytest.raises(UnderstandingGarbage):
        await rasa.parse("сколько баллов")


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
async def test_a_refusal_means_unavailable(rasa: RasaUnderstanding, rasa_server: RasaServer, status: int) -> None:
    rasa_server.spoiled = answering("{}", status)
    with pytest.raises(UnderstandingUnavailable, match=str(status)):
        await rasa.parse("сколько баллов")


async def test_another_servers_404_is_garbage(rasa: RasaUnderstanding, rasa_server: RasaServer) -> None:
    rasa_server.spoiled = answering("not here", 404)
    with pytest.raises(UnderstandingGarbage):
        await rasa.parse("сколько баллов")


async def test_a_late_answer_is_not_waited_for(rasa_server: RasaServer) -> None:
    async def late(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.json_response({})

    rasa_server.spoiled = late
    rasa = RasaUnderstanding(UnderstandingSettings(rasa_url=rasa_server.url))
    with pytest.raises(UnderstandingTimeout, match=r"0\.3 s"):
        await rasa.parse("сколько баллов")
    await rasa.close()


async def test_no_server_means_unavailable() -> None:
    rasa = RasaUnderstanding(UnderstandingSettings(rasa_url="http://127.0.0.1:1", limit_seconds=20))
    with pytest.raises(UnderstandingUnavailable):
        await rasa.parse("сколько баллов")
    await rasa.close()


async def test_a_server_without_a_model_is_not_healthy(rasa: RasaUnderstanding, rasa_server: RasaServer) -> None:
    rasa_server.model = None
    with pytest.raises(UnderstandingUnavailable, match="model"):
        await rasa.check()


async def test_a_fallback_has_no_intent_but_the_confidence_of_the_likeliest(rasa: RasaUnderstanding) -> None:
    parsed = await rasa.parse("что то непонятное")
    assert (parsed.intent, parsed.confidence) == (None, 0.3)
    assert [each.intent for each in parsed.ranking] == ["balance", "block_card"]


@pytest.mark.parametrize("text", ["", "  ", "[unk]", "[unk] [unk]"])
async def test_nothing_heard_is_not_asked_about(rasa: RasaUnderstanding, rasa_server: RasaServer, text: str) -> None:
    """Rasa finds some intent in an empty phrase, by its letters' absence."""
    parsed = await rasa.parse(text)
    assert (parsed.text, parsed.intent, parsed.confidence, parsed.ranking) == (text, None, 0.0, ())
    assert rasa_server.phrases == []


async def test_unknown_words_of_the_recogniser_are_left_out(rasa: RasaUnderstanding, rasa_server: RasaServer) -> None:
    assert (await rasa.parse("[unk] Украли карту")).intent == "block_card"
    assert rasa_server.phrases == ["украли карту"]


async def test_entities_are_handed_on(rasa: RasaUnderstanding, rasa_server: RasaServer) -> None:
    rasa_server.spoiled = answering(
        '{"intent": {"name": "store_hours", "confidence": 0.9},'
        ' "entities": [{"entity": "day", "value": "суббота", "start": 2, "end": 9}]}'
    )
    (entity,) = (await rasa.parse("в субботу")).entities
    assert (entity.name, entity.value, entity.start, entity.end) == ("day", "суббота", 2, 9)
