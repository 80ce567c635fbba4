"""What holds for every engine behind the port.

With YULIA_TEST_RASA_URL it is held against a real Rasa, too: `make rasa`, then
`YULIA_TEST_RASA_URL=http://127.0.0.1:5005 pytest tests/dialogs/nlu`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.port import Understanding
from dialogs.nlu.rasa_http import RasaUnderstanding
from dialogs.nlu.settings import UnderstandingSettings

REAL_RASA = os.environ.get("YULIA_TEST_RASA_URL")


@pytest.fixture(params=["embedded", "rasa", *(["real rasa"] if REAL_RASA else [])])
async def engine(
    request: pytest.FixtureRequest, embedded: EmbeddedUnderstanding, settings: UnderstandingSettings
) -> AsyncIterator[Understanding]:
    if request.param == "embedded":
        yield embedded
        return
    if request.param == "real rasa":
        settings = settings.model_copy(update={"rasa_url": REAL_RASA, "answer_limit_bytes": 262_144})
    rasa = RasaUnderstanding(settings)
    yield rasa
    await rasa.close()


async def test_a_phrase_is_understood(engine: Understanding) -> None:
    parsed = await engine.parse("украли карту")
    assert parsed.intent == "block_card"
    assert 0.4 <= parsed.confidence <= 1


async def test_the_text_comes_back_as_it_was_given(engine: Understanding) -> None:
    assert (await engine.parse("Сколько баллов?")).text == "Сколько баллов?"


async def test_what_is_out_of_scope_has_no_intent(engine: Understanding) -> None:
    assert (await engine.parse("вызовите такси")).intent is None


async def test_gibberish_has_no_intent(engine: Understanding) -> None:
    assert (await engine.parse("xyzzy")).intent is None


async def test_nothing_said_has_no_intent_and_no_confidence(engine: Understanding) -> None:
    parsed = await engine.parse("")
    assert (parsed.intent, parsed.confidence) == (None, 0.0)


async def test_the_ranking_begins_with_the_likeliest(engine: Understanding) -> None:
    ranking = (await engine.parse("сколько баллов")).ranking
    assert ranking[0].intent == "balance"
    assert [each.confidence for each in ranking] == sorted((each.confidence for each in ranking), reverse=True)


async def test_a_very_long_phrase_is_cut_not_refused(engine: Understanding) -> None:
    assert (await engine.parse("украли карту " * 5000)).intent == "block_card"


async def test_an_engine_that_works_says_so(engine: Understanding) -> None:
    await engine.check()
