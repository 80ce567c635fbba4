"""What a line consists of: addresses, outside systems, and what is started where."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ivr.line.asterisk_config import NOTICES_DIR
from ivr.line.ports import Address, LinePorts, Listener, free_port
from ivr.line.settings import AsteriskSettings, LineSettings
from ivr.line.state import default_state_dir

if TYPE_CHECKING:
    from ivr.settings import Settings

REDIS, LOYALTY, ASTERISK, WORKER = "redis", "loyalty", "asterisk", "worker"
PARTS = frozenset({REDIS, LOYALTY, ASTERISK, WORKER})

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One line, ready to be started. A URL that is given means that this part is somebody else's."""

    state_dir: Path
    line: LineSettings = field(default_factory=LineSettings)
    asterisk: AsteriskSettings = field(default_factory=AsteriskSettings)
    agi: Address = field(default_factory=partial(Address, _LOOPBACK, 4573))
    ami: Address = field(default_factory=partial(Address, _LOOPBACK, 5038))
    ami_username: str = "yulia"
    ami_secret: str | None = field(default=None, repr=False)  # None: generated
    audio: Address = field(default_factory=partial(Address, _LOOPBACK, 9019))
    web: Address = field(default_factory=partial(Address, _LOOPBACK, 8090))
    loyalty: Address = field(default_factory=partial(Address, _LOOPBACK, 9032))  # of the sandbox
    redis_url: str | None = field(default=None, repr=False)  # None: a private Redis
    loyalty_url: str | None = None  # None: the sandbox service
    loyalty_token: str | None = field(default=None, repr=False)  # None: generated
    loyalty_database_url: str | None = field(default=None, repr=False)  # None: SQLite in the state folder
    database_url: str | None = field(default=None, repr=False)  # None: SQLite in the state folder
    attempts_secret: str | None = field(default=None, repr=False)  # None: generated
    notices_dir: Path = NOTICES_DIR
    parts: frozenset[str] = PARTS  # what is started at all; fewer in tests
    worker_command: tuple[str, ...] = (sys.executable, "-m", "ivr.worker")
    loyalty_command: tuple[str, ...] = (sys.executable, "-m", "integrations.loyalty.sandbox")
    # More for the worker and the sandbox, such as YULIA_HEARING__…: overrides what the line sets.
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> LinePlan:
        """Plan the line that the settings describe."""
        return cls(
            state_dir=(settings.line.state_dir or default_state_dir()).absolute(),
            line=settings.line,
            asterisk=settings.asterisk,
            agi=_settled(settings.agi.host, settings.agi.port),
            ami=_settled(settings.ami.host, settings.ami.port),
            ami_username=settings.ami.username,
            ami_secret=_plain(settings.ami.secret),
            audio=_settled(settings.audio.host, settings.audio.port),
            web=_settled(settings.web.host, settings.web.port),
            loyalty=_settled(_LOOPBACK, settings.loyalty.sandbox_port),
            redis_url=_plain(settings.redis.url),
            loyalty_url=settings.loyalty.url,
            loyalty_token=_plain(settings.loyalty.token),
            loyalty_database_url=settings.loyalty.sandbox_database_url,
            database_url=_plain(settings.database.url),
            attempts_secret=_plain(settings.attempts.secret),
        )

    @property
    def redis(self) -> Address:
        """Where the private Redis listens."""
        return Address(_LOOPBACK, self.line.redis_port)

    @property
    def started_parts(self) -> frozenset[str]:
        """What this line starts itself."""
        outside = {
            REDIS: self.redis_url is not None,
            LOYALTY: self.loyalty_url is not None,
            ASTERISK: self.asterisk.external,
        }
        return frozenset(part for part in self.parts if not outside.get(part, False))

    def on_ports(self, ports: LinePorts) -> LinePlan:
        """Move every listener to the given ports."""
        return replace(
            self,
            line=self.line.model_copy(update={"redis_port": ports.redis}),
            asterisk=self.asterisk.model_copy(
                update={
                    "sip_port": ports.sip,
                    "rtp_first_port": ports.rtp_first,
                    "rtp_last_port": ports.rtp_last,
                }
            ),
            agi=Address(_LOOPBACK, ports.agi),
            ami=Address(_LOOPBACK, ports.ami),
            audio=Address(_LOOPBACK, ports.audio),
            web=Address(_LOOPBACK, ports.web),
            loyalty=Address(_LOOPBACK, ports.loyalty),
        )

    def listeners(self) -> tuple[Listener, ...]:
        """Every port that the started parts take, with the setting that moves it."""
        sip = Address(self.asterisk.sip_host, self.asterisk.sip_port)
        by_part = {
            REDIS: (Listener("Redis", self.redis, "YULIA_LINE__REDIS_PORT"),),
            LOYALTY: (Listener("sandbox loyalty service", self.loyalty, "YULIA_LOYALTY__SANDBOX_PORT"),),
            ASTERISK: (
                Listener("SIP of Asterisk", sip, "YULIA_ASTERISK__SIP_PORT", udp=True),
                Listener("AMI of Asterisk", self.ami, "YULIA_AMI__PORT"),
            ),
            WORKER: (
                Listener("AGI of the worker", self.agi, "YULIA_AGI__PORT"),
                Listener("call audio of the worker", self.audio, "YULIA_AUDIO__PORT"),
                Listener("health and metrics of the worker", self.web, "YULIA_WEB__PORT"),
            ),
        }
        started = self.started_parts
        return tuple(listener for part, listeners in by_part.items() if part in started for listener in listeners)


def _settled(host: str, port: int) -> Address:
    return Address(host, port or free_port(host))


def _plain(value: SecretStr | str | None) -> str | None:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
