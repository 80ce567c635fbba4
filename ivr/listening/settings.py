from __future__ import annotations

from pydantic import BaseModel, Field

from asr_models.settings import GateSettings


class ListeningSettings(BaseModel, frozen=True):
    """How one question listens. Its pauses and limits stand in the flow; here is what holds for every question."""

    gate: GateSettings = Field(default_factory=GateSettings)
    digits_pause_seconds: float = Field(
        2.2, gt=0, description="Pause that ends a number with digits missing, if the flow's own limit is not longer."
    )
    backchannels: tuple[str, ...] = Field(
        ("угу", "ага", "а", "э", "эм", "мм", "м", "ну"), description="Words that never stop a prompt."
    )
    barge_in_word_seconds: float = Field(
        0.16, ge=0, description="How long a word must stay in the partial results before it stops a prompt."
    )
    partial_lag_seconds: float = Field(
        0.5, ge=0, description="How late the recogniser's partial results are; used where noise hides the pause."
    )
    missing_frames_seconds: float = Field(
        0.5, gt=0, description="When the caller's frames stop coming for this long, the gap counts as silence."
    )
