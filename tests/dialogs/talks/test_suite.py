"""Many conversations are played by copies of the process: as if they had been played here, one after another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialogs.reader import load_bundle
from dialogs.talks import suite
from dialogs.talks.suite import FEW, SuiteResult, run_suite
from tests.dialogs.talks.conftest import write_cases

RIGHT = "[user: часы работы, {result: {outcome: closed}}, bot: utter_ask_code]"
WRONG = "[user: часы работы, {result: {outcome: closed}}, bot: utter_hours]"
FREE = "[user: ну вы знаете это самое]"  # asks what it means
CONVERSATIONS = [RIGHT, FREE, WRONG, RIGHT] * (FEW // 2)


def told(result: SuiteResult) -> list[tuple[str, str | None]]:
    return [(each.case.name, each.failure and each.failure.message) for each in result.cases]


@pytest.fixture
def folder(shop: Path) -> Path:
    cases = "".join(
        f"  - test_case: number {number}\n    steps: {steps}\n" for number, steps in enumerate(CONVERSATIONS)
    )
    write_cases(shop, f"test_cases:\n{cases}")
    return shop


@pytest.fixture
def result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SuiteResult:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    return run_suite(folder, load_bundle(folder))


def test_they_go_as_they_would_here(result: SuiteResult, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "FEW", len(CONVERSATIONS))
    here = run_suite(folder, load_bundle(folder))
    assert told(result) == told(here)
    assert result.coverage == here.coverage


def test_those_that_go_otherwise_are_told_in_their_order(result: SuiteResult) -> None:
    wrong = [name for name, message in told(result) if message == "Юля сказала другое"]
    assert wrong == [f"number {number}" for number, steps in enumerate(CONVERSATIONS) if steps == WRONG]


def test_free_phrases_are_understood_here(result: SuiteResult) -> None:
    """The small dialogue has no phrases to learn from: a copy would not know that."""
    free = [message for (_, message), steps in zip(told(result), CONVERSATIONS, strict=True) if steps == FREE]
    assert all(message is not None and "понимание не обучить" in message for message in free)
