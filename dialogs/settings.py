from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, Field

from dialogs.engine.vocabulary import Value

BUNDLED_FOLDER = Path(__file__).parent


class DialogueSettings(BaseModel, frozen=True):
    """What is said: the folder of flows and the facts that its texts and rules use as `settings.…`."""

    folder: Path | None = Field(
        None, description="Folder with flows/ and domain/ in YAML; none: the dialogue that comes with Yulia"
    )
    company_name: str = Field("Магазин у дома", description="Name of the chain, as it is spoken")
    robot_name: str = Field("Юля", description="Name by which the robot introduces itself")
    recording_notice: str = Field(
        "Разговор записывается.",
        description="Said after the greeting, since what is said is kept in the call's record; empty: not said",
    )
    card_series: tuple[str, ...] = Field(
        ("7789",), description="First digits of the chain's loyalty cards; other numbers are refused at once"
    )
    card_length: int = Field(16, ge=8, le=19, description="Digits of a loyalty card's number")

    longest_question_seconds: float = Field(
        12.0, gt=0, description="Estimated sound of a question above which a dialogue is refused"
    )
    longest_statement_seconds: float = Field(20.0, gt=0, description="The same for whatever asks nothing")

    @property
    def flows_folder(self) -> Path:
        """The folder in force."""
        return self.folder or BUNDLED_FOLDER

    def facts(self) -> Mapping[str, Value]:
        """Return what `settings.…` stands for in flows."""
        return {
            "company_name": self.company_name,
            "robot_name": self.robot_name,
            "recording_notice": self.recording_notice,
            "card_series": self.card_series,
            "card_length": self.card_length,
        }
