"""Addresses of a line, free blocks of ports, and a clear word when a port is taken."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass
from typing import Self

import psutil

_BLOCK_SIZE = 400
# Below the kernel's range for outgoing connections (from 32768), so that none takes a port in between.
_FIRST_BLOCK, _LAST_BLOCK = 12000, 31600


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that a line is about to take, with the setting that moves it."""

    purpose: str
    address: Address
    setting: str
    udp: bool = False


class PortTaken(Exception):
    """Another program listens where the line wants to."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        holder = _holder(listener)
        by = f" by {holder}" if holder else ""
        kind = "UDP" if listener.udp else "TCP"
        super().__init__(
            f"{listener.purpose}: {kind} port {listener.address} is taken{by}. "
            f"Stop that program, or choose another port: {listener.setting}=…"
        )


def check_free(listener: Listener) -> None:
    """Try the port.

    Raises:
        PortTaken
        OSError: the address is none of this machine's.
    """
    kind = socket.SOCK_DGRAM if listener.udp else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in listener.address.host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if not listener.udp:
            # As servers do: connections of a line just stopped, still in TIME_WAIT, are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listener.address.host, listener.address.port))
        except OSError as error:
            if error.errno in (98, 13):  # EADDRINUSE, EACCES
                raise PortTaken(listener) from error
            raise


def _holder(listener: Listener) -> str | None:
    kind = "udp" if listener.udp else "tcp"
    try:
        for connection in psutil.net_connections(kind):
            local = connection.laddr
            if local and local.port == listener.address.port and connection.pid and not connection.raddr:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return None
    return None


@dataclass(frozen=True, slots=True)
class LinePorts:
    """One free port for each listener of a line, and a range for call audio."""

    sip: int
    ami: int
    agi: int
    audio: int
    web: int
    redis: int
    loyalty: int
    spare: tuple[int, ...]  # for what a test starts beside the line
    rtp_first: int
    rtp_last: int


class PortBlock:
    """A block of ports that no other line on this machine gets while it is held."""

    def __init__(self) -> None:
        self._claim, base = _claim_block()
        self.ports = LinePorts(
            sip=base,
            ami=base + 1,
            agi=base + 2,
            audio=base + 3,
            web=base + 4,
            redis=base + 5,
            loyalty=base + 6,
            spare=tuple(range(base + 7, base + 20)),
            rtp_first=base + 20,
            rtp_last=base + _BLOCK_SIZE - 1,
        )

    def release(self) -> None:
        """Give the block back; safe more than once."""
        self._claim.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _claim_block() -> tuple[socket.socket, int]:
    bases = list(range(_FIRST_BLOCK, _LAST_BLOCK, _BLOCK_SIZE))
    random.shuffle(bases)
    for base in bases:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            # An abstract socket: seen by all processes that share the ports, and gone with its holder.
            claim.bind(f"\0yulia-ports-{base}")
            for port in range(base, base + _BLOCK_SIZE):
                for udp in (False, True):
                    check_free(Listener("", Address("127.0.0.1", port), "", udp))
        except (OSError, PortTaken):
            claim.close()
            continue
        return claim, base
    raise OSError("no free block of ports is left on this machine")


def free_port(host: str) -> int:
    """Find a free TCP port for a setting of 0; somebody else may still take it first."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
