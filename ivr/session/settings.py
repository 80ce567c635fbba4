from __future__ import annotations

from pydantic import BaseModel, Field


class SessionSettings(BaseModel, frozen=True):
    """One call, from answer to goodbye."""

    max_calls: int = Field(60, ge=1, description="Calls served at once; more go to the queue with a recorded notice.")
    longest_call_seconds: float = Field(900.0, gt=0, description="A call that lasts longer goes to an agent.")
    clean_up_seconds: float = Field(3.0, gt=0, description="Limit for writing what a call leaves behind.")
    prompt_pause_seconds: float = Field(0.25, ge=0, le=2, description="Pause between two prompts of one turn.")
    deaf_seconds: float = Field(
        0.5, ge=0, le=3, description="Keys ignored after a question answered by keys is put again: the answer's rest."
    )
    default_queue: str = Field("hotline", description="Queue of callers whose topic is not known.")
