"""The call-audio port: one call's audio and keys, both ways. AudioSocket is the first adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

SAMPLE_RATE_HZ = 8000
FRAME_SECONDS = 0.02
FRAME_BYTES = 320  # 160 samples of 16-bit signed little-endian audio


class HungUp(Exception):
    """The caller is gone (or the line was cut): an ending of its own kind, not a failure."""


@dataclass(frozen=True, slots=True)
class CallerAudio:
    """One 20 ms frame from the caller."""

    pcm16: bytes  # FRAME_BYTES long
    sent_pcm16: bytes = b""  # what the caller was sent since the frame before; mostly one frame, bounded


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One telephone key."""

    key: str  # one of 0-9 * # A-D


CallerInput = CallerAudio | KeyPressed


@dataclass(frozen=True, slots=True)
class Played:
    """How a playback ended."""

    heard_seconds: float
    total_seconds: float

    @property
    def complete(self) -> bool:
        """Whether the caller was sent all of it."""
        return self.heard_seconds >= self.total_seconds


class Playback(Protocol):
    """Audio on its way to the caller."""

    @property
    def heard_seconds(self) -> float:
        """How much was sent so far."""

    async def started(self) -> float | None:
        """Wait for the first frame to be sent; return the loop's time then, None when stopped before.

        Raises:
            HungUp: the line closed first.
        """

    async def finished(self) -> Played:
        """Wait until it was sent to its end or stopped.

        Raises:
            HungUp: the line closed first.
        """

    def stop(self) -> Played:
        """Stop within one frame (barge-in) and say how much was sent; safe more than once."""


class CallAudio(Protocol):
    """The audio of one live call. While nothing plays, silence is sent."""

    async def receive(self) -> CallerInput:
        """Wait for the next frame or key from the caller; at most one task receives at a time.

        Raises:
            HungUp: the line closed.
        """

    def play(self, pcm16: bytes) -> Playback:
        """Queue 8 kHz audio behind what is already playing; sent in 20 ms frames on the shared clock.

        Raises:
            HungUp: the line is closed.
        """

    async def close(self) -> None:
        """End the audio from our side; the call itself lives on in the dialplan."""
