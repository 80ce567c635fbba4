from __future__ import annotations

from pydantic import BaseModel, Field

from asr_models.settings import GateSettings


class EchoSettings(BaseModel, frozen=True):
    """The prompt's own echo in what the caller sends."""

    prior_db: float = Field(
        -12.0, le=0, description="Echo assumed in a call's first second, before it was measured (dB of what is sent)."
    )
    ceiling_db: float = Field(-6.0, le=0, description="No echo is taken to be stronger than this.")
    margin_db: float = Field(9.0, ge=0, description="How much louder than the usual echo speech must be to count.")


class BargeInSettings(BaseModel, frozen=True):
    """When speech holds a prompt, stops it, or lets it go on."""

    hold_frames: int = Field(3, ge=1, le=50, description="Voiced 20 ms frames that hold a prompt.")
    prominence_db: float = Field(
        4.0, ge=0, description="How much louder than the loud moments of the background those frames must be."
    )
    false_holds: int = Field(
        2, ge=0, description="Holds of one prompt for nothing, after which only words stop it; 0: words only, no holds."
    )
    silent_hold_seconds: float = Field(
        1.0, gt=0, description="A prompt held goes on when nothing was recognised for this long."
    )
    unknown_hold_seconds: float = Field(
        2.0, gt=0, description="A prompt held goes on when only unknown speech was recognised for this long."
    )
    longest_hold_seconds: float = Field(
        4.0, gt=0, description="A prompt held goes on after this long if words never made a phrase of the question."
    )
    word_seconds: float = Field(
        0.5, ge=0, description="How long words of the question must stay in the partial results to stop a prompt."
    )
    min_confidence: float = Field(0.6, ge=0, le=1, description="How sure a final result must be to stop a prompt.")
    backchannels: tuple[str, ...] = Field(
        ("угу", "ага", "а", "э", "эм", "мм", "м", "ну"), description="Words that never stop a prompt."
    )


class ListeningSettings(BaseModel, frozen=True):
    """How one question listens. Its pauses and limits stand in the flow; here is what holds for every question."""

    gate: GateSettings = Field(default_factory=GateSettings)
    barge_in: BargeInSettings = Field(default_factory=BargeInSettings)
    echo: EchoSettings = Field(default_factory=EchoSettings)
    digits_pause_seconds: float = Field(
        2.2, gt=0, description="Pause that ends a number with digits missing, if the flow's own limit is not longer."
    )
    partial_lag_seconds: float = Field(
        0.5, ge=0, description="How late the recogniser's partial results are; used where noise hides the pause."
    )
    wordless_talk_seconds: float = Field(
        3.0,
        ge=0,
        description="So much longer than a pause somebody may talk without a word of a phrase list: the caller "
        "of something else, or others as loud.",
    )
    missing_frames_seconds: float = Field(
        0.5, gt=0, description="When the caller's frames stop coming for this long, the gap counts as silence."
    )
