"""The conversation tests that a dialogue brings along, as a condition of publishing it."""

from __future__ import annotations

import importlib
from pathlib import Path

from dialogs.engine.bundle import Bundle

_SUITE = "dialogs.talks.suite"


def failed_conversations(folder: Path, bundle: Bundle) -> tuple[str, ...]:
    """Play the conversations of a folder and return those that went otherwise, each with file, line and reason.

    Raises:
        FlowErrors: their files are faulty.
    """
    try:
        suite = importlib.import_module(_SUITE)
    except ModuleNotFoundError as error:
        if error.name not in (_SUITE, _SUITE.rpartition(".")[0]):
            raise
        return ()  # a build without the runner of conversations
    return tuple(
        f"{result.failure.place.file}:{result.failure.place.line}: {result.case.name}: {result.failure.message}"
        for result in suite.run_suite(folder, bundle).failed
    )
