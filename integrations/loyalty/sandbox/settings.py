from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SandboxSettings(BaseModel, frozen=True):
    """Where the sandbox listens and keeps its people; given on its command line, the database also by environment."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(9032, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    database_url: str = Field(
        "sqlite+aiosqlite:///loyalty-sandbox.db",
        pattern=r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://",
        description="sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER@HOST/NAME",
    )
    undo_hours: float = Field(24.0, gt=0, description="How long a merge of cards can be taken back.")
    body_limit_bytes: int = Field(16_384, ge=1024, description="Largest request body.")
    body_limit_seconds: float = Field(5.0, gt=0, description="How long a request's body may take to arrive.")
    shutdown_limit_seconds: float = Field(2.0, gt=0, description="How long running requests may take to end.")


class SandboxSecrets(BaseSettings):
    """The secret that must not stand on a command line, where `ps` shows it."""

    model_config = SettingsConfigDict(env_prefix="YULIA_LOYALTY__", frozen=True)

    token: SecretStr = Field(min_length=16, description="Bearer token that every request must bring.")
