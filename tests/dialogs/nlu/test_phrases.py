"""The phrases that come along: enough of them, none twice, none in both sets."""

from __future__ import annotations

import pytest
import yaml

from dialogs.nlu.training_data import TEST_FOLDER, TRAINING_FOLDER, Example, by_intent, read_examples, same_when_heard
from dialogs.settings import BUNDLED_FOLDER

NEEDED = 80
NEEDED_APART = 12


@pytest.fixture(scope="module")
def training() -> tuple[Example, ...]:
    return read_examples(BUNDLED_FOLDER / TRAINING_FOLDER)


@pytest.fixture(scope="module")
def apart() -> tuple[Example, ...]:
    return read_examples(BUNDLED_FOLDER / TEST_FOLDER)


def test_every_intent_has_its_phrases(training: tuple[Example, ...]) -> None:
    assert {intent: len(each) for intent, each in by_intent(training).items() if len(each) < NEEDED} == {}


def test_every_intent_is_tested(training: tuple[Example, ...], apart: tuple[Example, ...]) -> None:
    tested = by_intent(apart)
    assert {intent for intent in by_intent(training) if len(tested.get(intent, [])) < NEEDED_APART} == set()


def test_no_phrase_is_in_both_sets(training: tuple[Example, ...], apart: tuple[Example, ...]) -> None:
    learnt = {same_when_heard(each.text) for each in training}
    assert [each.text for each in apart if same_when_heard(each.text) in learnt] == []


def test_rasas_domain_names_the_same_intents(training: tuple[Example, ...]) -> None:
    domain = yaml.safe_load((BUNDLED_FOLDER / "domain.yml").read_text())
    assert set(domain["intents"]) == set(by_intent(training))


def test_phrases_are_written_as_the_recogniser_writes(
    training: tuple[Example, ...], apart: tuple[Example, ...]
) -> None:
    heard = [each.text for each in (*training, *apart)]
    assert [text for text in heard if text != text.lower() or any(mark in text for mark in ",.!?")] == []
