"""Settings of understanding."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field


class UnderstandingEngine(StrEnum):
    """Which engine is asked first."""

    EMBEDDED = "embedded"
    RASA = "rasa"


class UnderstandingSettings(BaseModel, frozen=True):
    """What free phrases are understood with."""

    engine: UnderstandingEngine = Field(
        UnderstandingEngine.EMBEDDED, description="Engine that is asked first: embedded or rasa (`make rasa`)"
    )
    rasa_url: str = Field("http://127.0.0.1:5005", description="Where the Rasa server listens")
    threshold: float = Field(
        0.4, ge=0, le=1, description="Confidence under which the embedded engine says «out of scope»"
    )
    limit_seconds: float = Field(0.3, gt=0, description="Longest wait for Rasa before the embedded engine answers")
    check_seconds: float = Field(5.0, gt=0, description="How often Rasa's health is checked")
    failures_to_leave: int = Field(
        2, ge=1, description="Failures in a row after which Rasa is left until it is healthy"
    )
    answer_limit_bytes: int = Field(262_144, ge=1024, description="Longest answer of Rasa that is read")
