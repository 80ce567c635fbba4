"""What the studio's commands need of the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dialogs.engine.bundle import Bundle
from dialogs.settings import DialogueSettings
from dialogs.talks.passed_dialogues import NOTHING_PASSED, PassedDialogues
from integrations.settings import RedisSettings

TestRun = Callable[[Path, Bundle], tuple[str, ...]]
"""Plays the conversation tests of a folder; returns those that failed, each with its reason."""


@dataclass(frozen=True, slots=True)
class StudioAccess:
    """The line as the commands see it."""

    redis: Callable[[], RedisSettings]  # of the running line; found when it is needed
    dialogue: DialogueSettings
    run_tests: TestRun
    passed: PassedDialogues = NOTHING_PASSED
