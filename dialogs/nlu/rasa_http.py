"""Understanding by a Rasa server (`rasa run --enable-api`), over HTTP."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

import aiohttp

from dialogs.engine.vocabulary import OUT_OF_SCOPE
from dialogs.nlu.port import (
    MAX_TEXT_CHARACTERS,
    Entity,
    Parsed,
    RankedIntent,
    UnderstandingError,
    UnderstandingGarbage,
    UnderstandingTimeout,
    UnderstandingUnavailable,
)
from dialogs.nlu.settings import UnderstandingSettings

FALLBACK = "nlu_fallback"
"""What Rasa's FallbackClassifier puts first when it is not sure."""
RANKED = 5


class RasaUnderstanding:
    """`Understanding` over Rasa's HTTP API, with connections that are kept for the next phrase."""

    name = "rasa"

    def __init__(self, settings: UnderstandingSettings) -> None:
        """Prepare connections; must be built inside a running loop."""
        self._url = settings.rasa_url.rstrip("/")
        self._settings = settings
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None),  # `_ask` limits the whole
            headers={"Accept-Encoding": "identity"},  # the size limit must hold for what comes over the wire
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def parse(self, text: str) -> Parsed:
        """Ask `/model/parse`, unless there is nothing to ask: of an empty phrase Rasa would make something."""
        asked = as_asked(text)
        if not asked:
            return Parsed(text, None, 0.0)
        return read_answer(text, await self._ask("POST", "/model/parse", {"text": asked}))

    async def check(self) -> None:
        """Ask `/status`; a server that has not loaded its model yet is not up."""
        answer = await self._ask("GET", "/status", None)
        if not (isinstance(answer, dict) and answer.get("model_file")):
            raise UnderstandingUnavailable("Rasa has no model loaded")

    async def close(self) -> None:
        """Release connections."""
        await self._session.close()

    async def _ask(self, method: str, path: str, question: dict[str, str] | None) -> Any:
        try:
            async with asyncio.timeout(self._settings.limit_seconds):
                body = await self._exchange(method, path, question)
        except TimeoutError:
            raise UnderstandingTimeout(f"no answer within {self._settings.limit_seconds} s") from None
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError) as error:
            raise UnderstandingGarbage(f"answer is not HTTP or breaks off: {type(error).__name__}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise UnderstandingUnavailable(f"no connection: {type(error).__name__}") from None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise UnderstandingGarbage("answer is not JSON") from None

    async def _exchange(self, method: str, path: str, question: dict[str, str] | None) -> bytes:
        async with self._session.request(method, self._url + path, json=question, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise _refusal(response.status)
            limit = self._settings.answer_limit_bytes
            body = bytearray()
            while piece := await response.content.readany():
                body += piece
                if len(body) > limit:
                    response.close()  # the rest is not read, so the connection is of no more use
                    raise UnderstandingGarbage(f"answer is over {limit} bytes")
            return bytes(body)


def _refusal(status: int) -> UnderstandingError:
    # Rasa answers 409 while it has no model
    is_for_now = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
    )
    kind = UnderstandingUnavailable if is_for_now else UnderstandingGarbage
    return kind(f"status {status}")


def as_asked(text: str) -> str:
    """Return the phrase as Rasa gets it: not too long, lower case, without the recogniser's unknown words."""
    return text[:MAX_TEXT_CHARACTERS].replace("[unk]", " ").lower().strip()


def read_answer(text: str, answer: Any) -> Parsed:
    """Read Rasa's answer; keys that this project does not know are ignored.

    Raises:
        UnderstandingGarbage: it is no parse.
    """
    try:
        first = None if answer["intent"]["name"] is None else _ranked(answer["intent"])
        ranking = tuple(_ranked(each) for each in answer.get("intent_ranking", [])[: RANKED + 1])
        entities = tuple(
            Entity(str(each["entity"]), str(each["value"]), int(each["start"]), int(each["end"]))
            for each in answer.get("entities", [])
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnderstandingGarbage(f"answer is no parse: {type(error).__name__}") from None
    ranking = tuple(each for each in ranking if each.intent != FALLBACK)[:RANKED]
    if first is None:  # Rasa's way to say that there was nothing to classify
        return Parsed(text, None, 0.0, entities, ranking)
    if first.intent == FALLBACK:
        return Parsed(text, None, ranking[0].confidence if ranking else 0.0, entities, ranking)
    return Parsed(text, None if first.intent == OUT_OF_SCOPE else first.intent, first.confidence, entities, ranking)


def _ranked(each: Any) -> RankedIntent:
    confidence = float(each["confidence"])
    if not 0 <= confidence <= 1.000001 or not isinstance(each["name"], str):
        raise ValueError("not an intent")
    return RankedIntent(each["name"], min(1.0, confidence))
