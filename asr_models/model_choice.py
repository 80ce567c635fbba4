"""Which models the line was told to use: a file in the models folder, read when a worker starts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from asr_models.catalogue import BUNDLED, KINDS, QuestionKind
from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_DIGITS_MODEL_DIR, BUNDLED_MODEL_DIR, HearingSettings

CHOICE_FILE = "choice.json"
_FIELDS: dict[QuestionKind, str] = {"closed": "model_dir", "digits": "digits_model_dir", "open": "open_model_dir"}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model folder, or `bundled`, per kind of question; None leaves the default."""

    closed: str | None = None
    digits: str | None = None
    open: str | None = None

    def of(self, kind: QuestionKind) -> str | None:
        """Return what was chosen for a kind of question."""
        match kind:
            case "closed":
                return self.closed
            case "digits":
                return self.digits
            case "open":
                return self.open

    def with_model(self, kinds: tuple[QuestionKind, ...], model: str | None) -> ModelChoice:
        """Return the choice with another model for these kinds."""
        fields: dict[str, str | None] = {kind: model for kind in kinds}
        return replace(self, **fields)


def read_choice(models_dir: Path) -> ModelChoice:
    """Read the choice; nothing is chosen where there is no file.

    Raises:
        ModelInvalid: the file is damaged.
    """
    file = models_dir / CHOICE_FILE
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ModelChoice()
    except (OSError, ValueError) as error:
        raise ModelInvalid(f"{file}: cannot be read: {error}; `yulia models use` writes it anew") from error
    if not isinstance(fields, dict) or not all(
        key in KINDS and (value is None or (isinstance(value, str) and value)) for key, value in fields.items()
    ):
        raise ModelInvalid(f"{file}: not a choice of models; `yulia models use` writes it anew")
    return ModelChoice(**fields)


def write_choice(models_dir: Path, choice: ModelChoice) -> None:
    """Replace the choice at once."""
    models_dir.mkdir(parents=True, exist_ok=True)
    temporary = models_dir / f".{CHOICE_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(choice), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(models_dir / CHOICE_FILE)


def with_chosen_models(settings: HearingSettings, models_dir: Path) -> HearingSettings:
    """Fill in the chosen model folders where the settings name none.

    Raises:
        ModelInvalid: the file with the choice is damaged.
    """
    choice = read_choice(models_dir)
    chosen: dict[str, Path] = {}
    for kind, field in _FIELDS.items():
        model = choice.of(kind)
        if model is not None and getattr(settings, field) is None:
            if model != BUNDLED:
                chosen[field] = Path(model)
            elif kind == "open":  # its default follows the model for phrase lists, which may be another one
                chosen[field] = BUNDLED_MODEL_DIR
    return settings.model_copy(update=chosen)


def models_in_use(settings: HearingSettings, models_dir: Path) -> dict[QuestionKind, Path]:
    """Return the folder of the model that hears each kind of question once a worker starts.

    Raises:
        ModelInvalid: the file with the choice is damaged.
    """
    settings = with_chosen_models(settings, models_dir)
    closed = settings.model_dir or BUNDLED_MODEL_DIR
    return {
        "closed": closed,
        "digits": settings.digits_model_dir or BUNDLED_DIGITS_MODEL_DIR,
        "open": settings.open_model_dir or closed,
    }


def overridden_by(settings: HearingSettings, kind: QuestionKind) -> str | None:
    """Name the environment variable that decides on a kind of question, whatever was chosen; None where none does."""
    field = _FIELDS[kind]
    return f"YULIA_HEARING__{field.upper()}" if getattr(settings, field) is not None else None
