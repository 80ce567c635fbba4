"""Understanding for talks: the embedded one, trained on the phrases of the dialogue's own folder."""

from __future__ import annotations

from pathlib import Path

from dialogs.engine.vocabulary import Understood
from dialogs.nlu.training_data import TRAINING_FOLDER
from dialogs.reader import FlowErrors


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
        from dialogs.nlu.trained_once import trained_on  # slow to load, see dialogs.nlu.commands

        try:
            return trained_on(self._folder).understand(text).event
        except FlowErrors as errors:
            raise CannotLearn(f"понимание не обучить: {errors.problems[0]}") from None
        except ValueError as error:
            raise CannotLearn(f"понимание не обучить: слишком мало фраз ({error})") from None
