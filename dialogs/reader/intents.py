"""Which intents the phrases of a dialogue teach."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = "data/nlu"
_INTENT = re.compile(rb"^\s*-\s+intent:\s*[\"']?([\w-]+)", re.MULTILINE)


def taught_intents(folder: Path) -> frozenset[str] | None:
    """Return the intents of `data/nlu`; None when the folder has no phrases of its own.

    The phrases themselves are the business of `dialogs.nlu.training_data`: reading all of them takes a second.
    """
    files = sorted((folder / FOLDER).rglob("*.yml"))
    return (
        frozenset(found.decode() for path in files for found in _INTENT.findall(path.read_bytes())) if files else None
    )
