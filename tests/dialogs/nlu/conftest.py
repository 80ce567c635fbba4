"""Engines under test: the embedded one, and Rasa's adapter before a server that answers as Rasa 3.6 does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.settings import UnderstandingSettings
from dialogs.nlu.training_data import Example
from dialogs.reader.problems import Place

PHRASES = {
    "block_card": ["потеряла карту", "украли карту", "заблокируйте карту", "карту украли срочно", "потерял карточку"],
    "balance": ["сколько баллов", "узнать баланс", "баллы на карте сколько", "мой баланс скажите", "сколько бонусов"],
    "out_of_scope": ["какая погода", "вызовите такси", "спой песню", "который час", "как сварить борщ"],
}


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return [Example(text, intent, Place("nlu.yml", 1)) for intent, texts in PHRASES.items() for text in texts]


@pytest.fixture(scope="session")
def embedded(examples: list[Example]) -> EmbeddedUnderstanding:
    return EmbeddedUnderstanding(examples, threshold=0.4)


def rasa_answer(text: str) -> dict[str, Any]:
    """What Rasa 3.6.21 with DIET and a FallbackClassifier answers (hand-written, shortened)."""
    if not text.strip():
        return {"text": text, "intent": {"name": None, "confidence": 0.0}, "entities": []}
    known = {"украли": "block_card", "баллов": "balance", "такси": "out_of_scope"}
    intent = next((name for word, name in known.items() if word in text), None)
    if intent is None:
        ranking = [("nlu_fallback", 0.7), ("balance", 0.3), ("block_card", 0.2)]
    else:
        others = [each for each in known.values() if each != intent]
        ranking = [(intent, 0.96), (others[0], 0.03), (others[1], 0.01)]
    rows = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    return {
        "text": text,
        "intent": rows[0],
        "entities": [],
        "text_tokens": [[0, len(text)]],
        "intent_ranking": rows,
    }


class RasaServer:
    """A server in Rasa's place whose answers a test may spoil."""

    def __init__(self) -> None:
        self.spoiled: Callable[[web.Request], Any] | None = None
        self.model: str | None = "yulia.tar.gz"
        self.url = ""
        self.phrases: list[str] = []

    async def parse(self, request: web.Request) -> web.StreamResponse:
        text = (await request.json())["text"]
        self.phrases.append(text)
        if self.spoiled is not None:
            answer: web.StreamResponse = await self.spoiled(request)
            return answer
        return web.json_response(rasa_answer(text))

    async def status(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"model_id": "1", "model_file": self.model, "num_active_training_jobs": 0})


@pytest.fixture
async def rasa_server() -> AsyncIterator[RasaServer]:
    rasa = RasaServer()
    app = web.Application()
    app.add_routes([web.post("/model/parse", rasa.parse), web.get("/status", rasa.status)])
    server = TestServer(app)
    await server.start_server()
    rasa.url = str(server.make_url("")).rstrip("/")
    yield rasa
    await server.close()


@pytest.fixture
def settings(rasa_server: RasaServer) -> UnderstandingSettings:
    # a busy machine needs longer than the line grants; the limit itself has a test of its own
    return UnderstandingSettings(rasa_url=rasa_server.url, limit_seconds=20, answer_limit_bytes=16_384)
