"""From settings to a recogniser, whatever its engine and however much of what was chosen can be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from asr_models.model_choice import with_chosen_models
from asr_models.port import ModelInvalid
from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from asr_models.vosk_server_engine import VoskServerRecogniser


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a worker hears with."""

    recogniser: VoskRecogniser | VoskServerRecogniser | None  # None: no model can be loaded, the line works by keys
    problems: tuple[str, ...] = ()  # what was chosen and cannot be used, and what serves instead

    @property
    def is_up(self) -> bool:
        """Whether questions can be heard, as far as is known."""
        return self.recogniser is not None and self.recogniser.is_up

    @property
    def state(self) -> str:
        """What hears which question; and what is wrong, if anything is."""
        return "; ".join([*([self.recogniser.state] if self.recogniser else []), *self.problems])


def load_hearing(settings: HearingSettings, models_dir: Path) -> Hearing:
    """Load the chosen engine and models; blocks (0.2 s for the bundled ones).

    The settings go before the choice in the models folder. A chosen model that is refused gives way to another one; a
    model for phrase lists that the settings themselves name does not.
    """
    problems: list[str] = []
    try:
        chosen = with_chosen_models(settings, models_dir)
    except ModelInvalid as error:
        problems.append(f"the bundled models serve, the choice of models cannot be read: {error}")
        chosen = settings
    try:
        try:
            return _with_problems(load_recogniser(chosen), problems)
        except ModelInvalid as error:
            if chosen.model_dir == settings.model_dir:
                raise
            problems.append(f"the bundled models serve, the chosen one is refused: {error}")
            return _with_problems(load_recogniser(settings), problems)
    except ModelInvalid as error:
        return Hearing(None, (*problems, str(error)))


def load_recogniser(settings: HearingSettings) -> VoskRecogniser | VoskServerRecogniser:
    """Make the engine ready with the models that the settings name.

    Raises:
        ModelInvalid: the model of phrase lists cannot be loaded.
    """
    match settings.engine:
        case "vosk":
            return VoskRecogniser(settings)
        case "vosk-server":
            return VoskServerRecogniser(settings)


def _with_problems(recogniser: VoskRecogniser | VoskServerRecogniser, problems: list[str]) -> Hearing:
    return Hearing(recogniser, (*problems, *recogniser.problems))
