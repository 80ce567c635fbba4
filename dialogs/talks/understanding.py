"""The embedded understanding of a dialogue folder, trained once per content within a process."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from dialogs.engine.vocabulary import Intent, Understood
from dialogs.nlu.training_data import TRAINING_FOLDER, read_examples
from dialogs.reader import FlowErrors

if TYPE_CHECKING:
    from dialogs.nlu.embedded import EmbeddedUnderstanding

MOST_KEPT = 4

_trained: dict[str, EmbeddedUnderstanding] = {}


class CannotLearn(Exception):
    """There are no training phrases that the understanding could learn from; says why, in Russian."""


class FolderUnderstanding:
    """Understands by a folder's training phrases; trains at the first phrase, since most talks need none."""

    def __init__(self, dialogue: Path) -> None:
        self._folder = dialogue / TRAINING_FOLDER

    async def understand(self, text: str) -> Understood:
        """Say what a phrase means; blocks for some seconds while training.

        Raises:
            CannotLearn
        """
        parsed = self._engine().understand(text)
        return Understood(tuple(Intent(each.intent, each.confidence) for each in parsed.ranking))

    def _engine(self) -> EmbeddedUnderstanding:
        from dialogs.nlu.embedded import EmbeddedUnderstanding  # slow to load, see dialogs.nlu.commands

        key = self._hash()
        if key not in _trained:
            try:
                engine = EmbeddedUnderstanding(read_examples(self._folder))
            except FlowErrors as errors:
                raise CannotLearn(f"понимание не обучить: {errors.problems[0]}") from None
            except ValueError as error:
                raise CannotLearn(f"понимание не обучить: слишком мало фраз ({error})") from None
            while len(_trained) >= MOST_KEPT:
                del _trained[next(iter(_trained))]
            _trained[key] = engine
        return _trained[key]

    def _hash(self) -> str:
        content = hashlib.sha256()
        for path in sorted(self._folder.rglob("*.yml")):
            data = path.read_bytes()
            content.update(f"\0{path.relative_to(self._folder).as_posix()}\0{len(data)}\0".encode() + data)
        return content.hexdigest()
