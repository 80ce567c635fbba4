from __future__ import annotations

from pydantic import BaseModel, Field


class AgiSettings(BaseModel, frozen=True):
    """The FastAGI server that Asterisk's dialplan calls."""

    host: str = Field("127.0.0.1", description="Address the FastAGI server listens on; keep it private.")
    port: int = Field(4573, ge=0, le=65535, description="FastAGI port; 0 takes any free one.")
    max_sessions: int = Field(250, gt=0, description="Calls served at once; further ones are closed at once.")
    header_limit_seconds: float = Field(
        5.0, gt=0, description="How long a new connection may take to send its headers."
    )
    header_limit_bytes: int = Field(16_384, ge=1024, description="Longest block of AGI headers.")
    line_limit_bytes: int = Field(32_768, ge=1024, description="Longest line taken from Asterisk.")
    command_limit_seconds: float = Field(5.0, gt=0, description="How long Asterisk may take to answer a command.")
    unexpected_lines_limit: int = Field(
        20, ge=0, description="Lines that answer nothing, accepted (and logged) in one session before it is closed."
    )
    close_limit_seconds: float = Field(
        5.0, ge=0, description="How long running sessions may take to end when the server closes."
    )
