"""Settings of everything behind the line: Redis, the SQL database, retention, limits on wrong tries."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr


class RedisSettings(BaseModel, frozen=True):
    """Redis: live call contexts, desk events, counters of wrong tries."""

    url: str | None = Field(
        None, description="redis://, rediss:// or unix:// address; empty: the line starts a private Redis of its own."
    )
    limit_seconds: float = Field(0.3, gt=0, description="Longest wait for any one Redis command, connecting included.")
    key_prefix: str = Field("yulia:", description="Put before every key, so that several lines can share a Redis.")
    connections: int = Field(32, ge=1, description="Most connections of one worker, desk followers not counted.")


class DatabaseSettings(BaseModel, frozen=True):
    """The SQL database: call records and operations."""

    url: str | None = Field(
        None,
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME; empty: SQLite in the state folder.",
    )
    limit_seconds: float = Field(2.0, gt=0, description="Longest wait for any one database transaction.")
    connections: int = Field(5, ge=1, description="Most connections of one worker to PostgreSQL (SQLite: always 2).")
    spool_limit_megabytes: float = Field(
        64.0,
        gt=0,
        description="Largest spool file of records, or of operations, while the database is down.",
    )


class RetentionSettings(BaseModel, frozen=True):
    """How long callers' data is kept."""

    call_context_hours: float = Field(24.0, gt=0, description="Live contexts, dialogue states and desk cards.")
    desk_events: int = Field(1000, ge=1, description="Desk events kept for screens that come late (about).")
    call_records_days: int = Field(90, ge=1, description="Call records with their turns.")
    operations_days: int = Field(
        365, ge=1, description="Settled changes; a refusal of which a caller is still to be told stays."
    )


class AttemptSettings(BaseModel, frozen=True):
    """Limits on wrong tries to identify oneself, counted across calls."""

    window_minutes: float = Field(60.0, gt=0, description="A wrong try counts for so long.")
    per_caller: int = Field(5, ge=1, description="Wrong tries of one caller's number before it is locked.")
    per_card: int = Field(3, ge=1, description="Wrong tries of one card number before it is locked.")
    per_range: int = Field(20, ge=1, description="Wrong tries within one range of card numbers before it is locked.")
    range_digits: int = Field(12, ge=1, description="Leading digits of a card number that name its range.")
    secret: SecretStr | None = Field(
        None, description="Key of the hashes that stand for card numbers in Redis; empty: the line generates one."
    )
    lock_minutes: float = Field(60.0, gt=0, description="How long a lock lasts.")
