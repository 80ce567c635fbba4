from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr


class LoyaltySettings(BaseModel, frozen=True):
    """How the line reaches the loyalty system."""

    url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+[^?#]*$",
        description="Base address of the loyalty system; empty: the line starts its own sandbox.",
    )
    token: SecretStr | None = Field(None, description="Bearer token; made by the line for its own sandbox.")
    limit_seconds: float = Field(2.0, gt=0, le=30, description="Time limit of one lookup, retries included.")
    change_limit_seconds: float = Field(
        5.0, gt=0, le=20, description="Time limit of one try to activate, merge or block; never repeated by itself."
    )
    connect_limit_seconds: float = Field(0.7, gt=0, le=30, description="Time limit of opening one connection.")
    read_retries: int = Field(1, ge=0, le=5, description="Further tries of a lookup after a broken connection or 5xx.")
    retry_pause_seconds: float = Field(0.05, ge=0, le=5, description="Pause before a further try.")
    pool_size: int = Field(32, ge=1, le=1000, description="Most connections at once; further lookups wait for one.")
    idle_connection_seconds: float = Field(30.0, gt=0, description="How long an unused connection is kept.")
    answer_limit_bytes: int = Field(65_536, ge=1024, description="Largest answer that is read.")
    sandbox_port: int = Field(9032, ge=0, le=65535, description="Port of the line's own sandbox; 0 takes any free one.")
    sandbox_database_url: str | None = Field(
        None,
        description="Database of the line's own sandbox (sqlite+aiosqlite:// or postgresql+asyncpg://); "
        "empty: a file in the line's state folder.",
    )
