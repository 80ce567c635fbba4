from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.studio.conversation_tests import failed_conversations


def suite(monkeypatch: pytest.MonkeyPatch, *failed: SimpleNamespace) -> None:
    module = ModuleType("dialogs.talks.suite")
    module.run_suite = lambda folder, bundle: SimpleNamespace(failed=failed)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dialogs.talks.suite", module)


def test_each_conversation_that_failed_is_told_with_file_and_line(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle
) -> None:
    place = SimpleNamespace(file="tests/conversations/menu.yml", line=3)
    failure = SimpleNamespace(place=place, message="сказано не то")
    suite(monkeypatch, SimpleNamespace(case=SimpleNamespace(name="баланс"), failure=failure))
    assert failed_conversations(Path("."), bundle) == ("tests/conversations/menu.yml:3: баланс: сказано не то",)


def test_when_all_went_as_written_nothing_is_told(monkeypatch: pytest.MonkeyPatch, bundle: Bundle) -> None:
    suite(monkeypatch)
    assert failed_conversations(Path("."), bundle) == ()
