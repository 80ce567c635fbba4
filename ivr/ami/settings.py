from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr


class AmiSettings(BaseModel, frozen=True):
    """The client of Asterisk's manager interface."""

    host: str = Field("127.0.0.1", description="Address of Asterisk's manager interface.")
    port: int = Field(5038, gt=0, le=65535, description="Port of Asterisk's manager interface.")
    username: str = Field("yulia", description="Manager user, as in Asterisk's manager.conf.")
    secret: SecretStr | None = Field(None, description="The manager user's secret; without one there is no connection.")
    event_classes: str = Field(
        "system,call,agent,user,dtmf",
        description="Event classes asked for; `dialplan` would add every variable and every step of every call.",
    )
    connect_limit_seconds: float = Field(5.0, gt=0, description="How long connecting and logging in may take.")
    action_limit_seconds: float = Field(5.0, gt=0, description="How long Asterisk may take to answer an action.")
    ping_seconds: float = Field(5.0, gt=0, description="Pause between an answered ping and the next one.")
    dead_after_seconds: float = Field(
        5.0, gt=0, description="How long a ping may stay unanswered before the connection is given up."
    )
    reconnect_min_seconds: float = Field(
        0.5, gt=0, description="First pause before connecting again; doubled each time."
    )
    reconnect_max_seconds: float = Field(3.0, gt=0, description="Longest pause while Asterisk cannot be reached.")
    refused_max_seconds: float = Field(30.0, gt=0, description="Longest pause while Asterisk refuses the login.")
    message_limit_bytes: int = Field(1_048_576, ge=4096, description="Longest message taken from Asterisk.")
    list_limit_events: int = Field(10_000, gt=0, description="Most events taken as the answer to one action.")
    pending_actions_limit: int = Field(200, gt=0, description="Most actions waiting for their answers at once.")
