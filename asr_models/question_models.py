"""Which model hears which question: one for phrase lists, one for dictated numbers, one for free speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from asr_models.port import ModelInvalid, PhraseList
from asr_models.settings import BUNDLED_DIGITS_MODEL_DIR, BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_model import VoskModel


@dataclass(frozen=True, slots=True)
class QuestionModels:
    """The loaded models; the same one may stand in several places."""

    closed: VoskModel
    digits: VoskModel
    open: VoskModel
    problems: tuple[str, ...] = ()  # which chosen model was refused, why, and what serves instead

    def of(self, phrases: PhraseList) -> VoskModel:
        """Choose the model by what the question expects."""
        if not phrases.phrases:
            return self.open
        return self.digits if phrases.dictation else self.closed


def load_models(settings: HearingSettings) -> QuestionModels:
    """Check and load the chosen models, side by side and each folder once; blocks.

    For a refused model of numbers the bundled one serves, for one of open questions that of phrase lists.

    Raises:
        ModelInvalid: the model of phrase lists cannot be loaded.
    """
    closed_dir = settings.model_dir or BUNDLED_MODEL_DIR
    digits_dir = settings.digits_model_dir or BUNDLED_DIGITS_MODEL_DIR
    open_dir = settings.open_model_dir or closed_dir
    loaded = _load((closed_dir, digits_dir, open_dir), settings)
    closed = loaded[closed_dir]
    if isinstance(closed, ModelInvalid):
        raise closed
    problems = []
    digits, free = loaded[digits_dir], loaded[open_dir]
    if isinstance(digits, ModelInvalid):
        refused = digits
        spare = BUNDLED_DIGITS_MODEL_DIR
        digits = closed if digits_dir == spare else _load((spare,), settings)[spare]
        if isinstance(digits, ModelInvalid):
            digits = closed
        problems.append(f"{digits.name} hears dictated numbers, the chosen model is refused: {refused}")
    if isinstance(free, ModelInvalid):
        problems.append(f"{closed.name} hears open questions, the chosen model is refused: {free}")
        free = closed
    return QuestionModels(closed, digits, free, tuple(problems))


def _load(folders: Iterable[Path], settings: HearingSettings) -> Mapping[Path, VoskModel | ModelInvalid]:
    def load(folder: Path) -> VoskModel | ModelInvalid:
        try:
            return VoskModel(folder, settings)
        except ModelInvalid as invalid:
            return invalid

    distinct = {folder: folder.resolve() for folder in folders}
    places = list(dict.fromkeys(distinct.values()))
    with ThreadPoolExecutor(len(places), thread_name_prefix="model-loading") as threads:
        loaded = dict(zip(places, threads.map(load, places), strict=True))
    return {folder: loaded[place] for folder, place in distinct.items()}
