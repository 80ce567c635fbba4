"""The embedded understanding of a folder of phrases, trained once per content within a process."""

from __future__ import annotations

from pathlib import Path

from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.training_data import read_examples
from dialogs.reader.content import content_hash

MOST_KEPT = 4

_trained: dict[str, EmbeddedUnderstanding] = {}


def trained_on(folder: Path) -> EmbeddedUnderstanding:
    """Train on the phrases of a folder, with the default threshold; blocks for some seconds the first time.

    Raises:
        FlowErrors: the files are faulty.
        ValueError: there are too few phrases.
    """
    key = content_hash({file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.yml")})
    if key not in _trained:
        engine = EmbeddedUnderstanding(read_examples(folder))
        while len(_trained) >= MOST_KEPT:
            del _trained[next(iter(_trained))]
        _trained[key] = engine
    return _trained[key]
