"""Settings of a line's processes and of its Asterisk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

Port = Annotated[int, Field(ge=1, le=65535)]


def _plain_name(name: str) -> str:
    # These names are written into Asterisk's files: nothing that could end a value or start a section.
    if not re.fullmatch(r"[a-z][a-z0-9_-]{1,30}", name):
        raise ValueError(f"{name!r}: use 2 to 31 small Latin letters, digits, _ or -, a letter first")
    return name


def _address(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f.:/]+", value):
        raise ValueError(f"{value!r} is not a numeric address")
    return value


PlainName = Annotated[str, AfterValidator(_plain_name)]
NumericAddress = Annotated[str, AfterValidator(_address)]


class LineSettings(BaseModel, frozen=True):
    """What `yulia run` starts and where it keeps its files."""

    state_dir: Path | None = Field(
        None,
        description="Folder of everything the line writes; empty: .yulia in the checkout, or a folder under "
        "/var/lib/yulia when root's checkout cannot be reached by the unprivileged user",
    )
    service_user: str = Field(
        "yulia", description="Unprivileged system user that Asterisk and Redis run as when the line is started by root"
    )
    redis_port: Port = Field(6390, description="Loopback port of the private Redis (unused with a Redis of your own)")
    start_limit_seconds: float = Field(60.0, gt=0, description="Longest wait for one process to become ready")
    frozen_limit_seconds: float = Field(
        20.0, gt=0, description="A worker that answers no health check for so long is killed and started again"
    )
    stop_limit_seconds: float = Field(15.0, gt=0, description="Wait after SIGTERM before SIGKILL")
    restarts_limit: int = Field(
        5, ge=0, description="Restarts of one process within restarts_window_seconds before it is given up"
    )
    restarts_window_seconds: float = Field(60.0, gt=0, description="Window in which restarts are counted")


class AsteriskSettings(BaseModel, frozen=True):
    """Which Asterisk runs, what it listens on, who may be called and who answers."""

    external: bool = Field(
        False, description="An Asterisk that somebody else runs and configures: none is started, AMI settings name it"
    )
    program: Path | None = Field(
        None, description="Asterisk program to start; empty: the private root if named, else the machine's own (>= 18)"
    )
    root_dir: Path | None = Field(
        None, description="Private root folder with Asterisk; empty: asterisk-root in the default state folder"
    )
    sip_host: NumericAddress = Field("127.0.0.1", description="Address of the SIP port and of call audio (RTP)")
    sip_port: Port = Field(5060, description="UDP port of SIP")
    rtp_first_port: Port = Field(16000, description="First UDP port of call audio (RTP), even")
    rtp_last_port: Port = Field(16999, description="Last UDP port of call audio (RTP); two ports a call")
    trunk_sources: tuple[NumericAddress, ...] = Field(
        ("127.0.0.0/8",), min_length=1, description="Addresses or networks whose calls to the hotline are accepted"
    )
    hotline_number: str = Field("100", pattern=r"^\d{1,15}$", description="The number that callers dial")
    agents: tuple[PlainName, ...] = Field(
        ("agent1", "agent2"), min_length=1, description="Agents' phones; each registers with its generated password"
    )
    queues: tuple[PlainName, ...] = Field(
        ("hotline", "cards", "stores", "quality", "online", "hr"),
        min_length=1,
        description="Queues of agents; must contain hotline, the fallback",
    )
    queue_limit_seconds: int = Field(300, ge=1, description="Longest wait in a queue before the notice and goodbye")
    queue_unstaffed_limit_seconds: int = Field(
        20, ge=1, description="The same when no agent's phone is registered as the call enters the queue"
    )
    agent_ring_seconds: int = Field(20, ge=1, description="How long one agent's phone rings before the next try")
    bot_limit_seconds: int = Field(
        1800, ge=10, description="Longest time with Yulia before the call goes to an agent whatever happens"
    )
    language: str = Field("ru_RU_f_IvrvoiceRU", pattern=r"^\w+$", description="Language of Asterisk's own sounds")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.rtp_first_port % 2 or self.rtp_last_port <= self.rtp_first_port:
            raise ValueError("rtp_first_port must be even and below rtp_last_port")
        if "hotline" not in self.queues:
            raise ValueError("queues must contain hotline: calls with an unknown queue go there")
        for names, what in ((self.agents, "agents"), (self.queues, "queues")):
            if len(set(names)) != len(names):
                raise ValueError(f"{what} has a name twice")
        reserved = {"hotline", "sip-udp", "system", "global", "agent-auth"} & set(self.agents)
        if reserved:
            raise ValueError(f"not a name for an agent's phone: {', '.join(sorted(reserved))}")
        return self
