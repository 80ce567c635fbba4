"""The embedded engine beyond the contract."""

from __future__ import annotations

import pytest

from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.evaluation import evaluate
from dialogs.nlu.training_data import TEST_FOLDER, TRAINING_FOLDER, Example, by_intent, read_examples
from dialogs.settings import BUNDLED_FOLDER

TASKS = ("balance", "activate_card", "merge_cards", "block_card")


@pytest.fixture(scope="module")
def bundled() -> EmbeddedUnderstanding:
    return EmbeddedUnderstanding(read_examples(BUNDLED_FOLDER / TRAINING_FOLDER))


async def test_phrases_written_apart_are_understood(bundled: EmbeddedUnderstanding) -> None:
    evaluation = await evaluate(bundled, read_examples(BUNDLED_FOLDER / TEST_FOLDER))
    assert evaluation.accuracy >= 0.95, evaluation.confusions()
    rows = {intent: right / count for intent, count, right in evaluation.by_intent()}
    assert min(rows[task] for task in TASKS) >= 0.9


async def test_a_slip_of_the_recogniser_does_no_harm(bundled: EmbeddedUnderstanding) -> None:
    assert (await bundled.parse("заблокирова карту [unk] потеряла")).intent == "block_card"


async def test_confidence_is_about_as_often_right_as_it_says(bundled: EmbeddedUnderstanding) -> None:
    evaluation = await evaluate(bundled, read_examples(BUNDLED_FOLDER / TEST_FOLDER))
    said = sum(each.parsed.confidence for each in evaluation.judged) / len(evaluation.judged)
    assert abs(said - evaluation.accuracy) < 0.2


async def test_under_the_threshold_there_is_no_intent(examples: list[Example]) -> None:
    parsed = await EmbeddedUnderstanding(examples, threshold=1.0).parse("украли")
    assert parsed.intent is None
    assert parsed.ranking[0].intent == "block_card"


def test_training_is_repeatable(examples: list[Example], embedded: EmbeddedUnderstanding) -> None:
    assert EmbeddedUnderstanding(examples, 0.4).understand("карту украли") == embedded.understand("карту украли")


def test_too_few_phrases_are_refused(examples: list[Example]) -> None:
    with pytest.raises(ValueError, match="two intents"):
        EmbeddedUnderstanding(by_intent(examples)["balance"])
