"""The embedded understanding of a dialogue folder, trained once per content within a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dialogs.engine.vocabulary import Understood
from dialogs.nlu.training_data import TRAINING_FOLDER, read_examples
from dialogs.reader import FlowErrors
from dialogs.reader.content import content_hash

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
        return self._engine().understand(text).event

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
        files = self._folder.rglob("*.yml")
        return content_hash({file.relative_to(self._folder).as_posix(): file.read_bytes() for file in files})
