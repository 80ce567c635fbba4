"""The words for what happens on a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Phase(Enum):
    """How far a call has come."""

    CALLING = "calling"  # our INVITE is out
    RINGING = "ringing"  # their INVITE is in: an agent's phone rings
    TALKING = "talking"
    OVER = "over"


class Side(Enum):
    """Who did something."""

    US = "us"
    THEM = "them"


class Happening(Enum):
    """Kinds of events on a call."""

    DIALLED = "dialled"
    RINGING = "ringing"
    ANSWERED = "answered"
    SPEAKING = "speaking"  # our side begins to say something
    SPOKEN = "spoken"  # its last frame has left
    KEY = "key"
    OVER = "over"  # text: who ended it and the stack's reason, "them: Connection reset by peer"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something that happened on a call."""

    at: float  # time.monotonic()
    kind: Happening
    text: str = ""


@dataclass(frozen=True, slots=True)
class RtpStats:
    """The stack's own count of a finished call's packets; losses and jitter come from RTCP, every 5 s."""

    received_packets: int
    sent_packets: int
    received_lost: int
    received_jitter_seconds: float

    @classmethod
    def of(cls, stats: Mapping[str, Any]) -> RtpStats:
        """Read the statistics that the stack attaches to the end of a call."""
        rtcp = stats.get("rtcp", {})
        return cls(
            received_packets=stats.get("rx", {}).get("packets", 0),
            sent_packets=stats.get("tx", {}).get("packets", 0),
            received_lost=rtcp.get("rx_lost", 0),
            received_jitter_seconds=rtcp.get("rx_jitter_us", 0) / 1e6,
        )
