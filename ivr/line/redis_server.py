"""The private Redis of a line: loopback, a generated password, every write logged to disk (AOF)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import redis.asyncio
import redis.exceptions

from ivr.line.ports import Address
from ivr.line.state import ServiceUser, StateFolders, write_private

_CONFIGURATION = """\
# Rendered by Yulia at every start.
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
# What has expired is in the log until it is rewritten: callers' data must not wait for Redis' own 64 MB.
auto-aof-rewrite-min-size 1mb
save ""
daemonize no
logfile ""
tcp-backlog 128
"""


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A redis-server of our own."""

    address: Address
    password: str
    folders: StateFolders
    user: ServiceUser | None

    @property
    def url(self) -> str:
        """URL with the password in it: for the environment, not for logs."""
        return f"redis://:{self.password}@{self.address}/0"

    def prepare(self) -> tuple[str, ...]:
        """Write its configuration; the answer is the command to run.

        Raises:
            FileNotFoundError: redis-server is not installed.
        """
        program = shutil.which("redis-server")
        if program is None:
            raise FileNotFoundError(
                "redis-server is not installed: run `make setup`, or name a Redis of your own in YULIA_REDIS__URL"
            )
        text = _CONFIGURATION.format(
            host=self.address.host, port=self.address.port, password=self.password, folder=_quoted(self.folders.redis)
        )
        configuration = self.folders.redis / "redis.conf"
        write_private(configuration, text, self.user)
        return (program, str(configuration))

    async def ready(self) -> bool:
        """Whether it answers; not while it still loads its data."""
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(await client.ping())
        except redis.exceptions.RedisError:
            return False
        finally:
            await client.aclose()


def _quoted(path: object) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
