from __future__ import annotations

from pydantic import BaseModel, Field


class OperationSettings(BaseModel, frozen=True):
    """How accepted operations are sent to the loyalty system."""

    lease_seconds: float = Field(
        60.0, gt=20, description="How long one worker may be busy with an operation; then another one sends it again."
    )
    first_pause_seconds: float = Field(2.0, gt=0, description="Pause after the first failed try; it doubles each time.")
    longest_pause_seconds: float = Field(300.0, gt=0, description="Longest pause between two tries.")
    round_seconds: float = Field(5.0, gt=0, description="How often due operations are looked for.")
    at_once: int = Field(10, ge=1, le=100, description="Operations that one worker sends at the same time.")
