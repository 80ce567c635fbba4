"""The conversation tests that a dialogue brings along, as a condition of publishing it."""

from __future__ import annotations

from pathlib import Path

from dialogs.engine.bundle import Bundle
from dialogs.talks.quiet_logs import quiet_logs
from dialogs.talks.suite import run_suite


def failed_conversations(folder: Path, bundle: Bundle) -> tuple[str, ...]:
    """Play the conversations of a folder and return those that went otherwise, each with file, line and reason.

    Raises:
        FlowErrors: their files are faulty.
    """
    with quiet_logs():
        failed = run_suite(folder, bundle).failed
    return tuple(
        f"{failure.place.file}:{failure.place.line}: {result.case.name}: {failure.message}"
        for result in failed
        if (failure := result.failure) is not None
    )
