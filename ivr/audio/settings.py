from __future__ import annotations

from pydantic import BaseModel, Field


class AudioSettings(BaseModel, frozen=True):
    """Call audio over AudioSocket."""

    host: str = Field("127.0.0.1", description="Address the AudioSocket server listens on.")
    port: int = Field(9019, ge=0, le=65535, description="AudioSocket port; 0 takes any free one.")
    first_frame_limit_seconds: float = Field(
        3.0, gt=0, description="How long a new connection may take to name its call, and Asterisk to open it."
    )
    caller_backlog_seconds: float = Field(
        1.0, gt=0, description="Caller audio kept while nobody takes it; the oldest is dropped beyond that."
    )
    playout_limit_seconds: float = Field(120.0, gt=0, description="Longest audio queued to be played to a caller.")
    lead_seconds: float = Field(0.02, ge=0, le=0.04, description="How far audio runs ahead of the clock.")
