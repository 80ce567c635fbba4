"""What a caller's telephone receives, seen from outside: a packet capture of the loopback, read back offline.

Times are the kernel's. Nothing of Yulia or of the calling program takes part in the measurement.
"""

from __future__ import annotations

import re
import struct
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

GLOBAL_HEADER = struct.Struct("<IHHiIII")
PACKET_HEADER = struct.Struct("<IIII")
NANOSECOND_MAGIC = 0xA1B23C4D
ETHERNET_BYTES = 14
SDP_PORT = re.compile(rb"m=audio (\d+) ")
CALL_ID = re.compile(rb"^Call-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
FRAME_SECONDS = 0.02
ALAW_QUIET = 0x20
"""A-law with the sign and the toggled bits undone: below this a sample is under about -36 dBFS."""


@dataclass(slots=True)
class CapturedCall:
    """One call as its caller's telephone saw it; times in seconds since the epoch."""

    invited_at: float
    port: int
    ringing_or_answered_at: float | None = None
    frames: list[float] = field(default_factory=list)  # arrival of each RTP packet
    first_sound_at: float | None = None

    @property
    def first_sound_seconds(self) -> float | None:
        """Return the time from the INVITE to the first packet that carries sound."""
        return None if self.first_sound_at is None else self.first_sound_at - self.invited_at

    def lateness_seconds(self) -> list[float]:
        """Return how late each packet came, against the best steady 20 ms schedule of its call.

        The schedule is anchored on the earliest packet relative to its number, as a jitter buffer would see it.
        """
        offsets = [at - number * FRAME_SECONDS for number, at in enumerate(self.frames)]
        if not offsets:
            return []
        anchor = min(offsets)
        return [offset - anchor for offset in offsets]


@contextmanager
def captured(path: Path) -> Iterator[None]:
    """Capture UDP on the loopback while the block runs."""
    command = ["tcpdump", "-i", "lo", "-Q", "in", "-n", "-U", "-B", "32768", "-w", str(path)]
    command += ["--time-stamp-precision=nano", "udp"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "listening on" not in (line := process.stderr.readline()):
        if not line:
            raise RuntimeError("tcpdump did not start")
    try:
        yield
        time.sleep(0.3)
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def calls_in(path: Path, sip_port: int) -> list[CapturedCall]:
    """Read a capture into calls; callers' RTP ports are taken from their SDP."""
    by_port: dict[int, CapturedCall] = {}
    by_call_id: dict[bytes, CapturedCall] = {}
    counts: dict[int, int] = defaultdict(int)
    for at, destination, payload in _packets(path):
        if destination == sip_port and payload.startswith(b"INVITE "):
            port, call_id = SDP_PORT.search(payload), CALL_ID.search(payload)
            if port and call_id and call_id.group(1) not in by_call_id:
                call = CapturedCall(at, int(port.group(1)))
                by_call_id[call_id.group(1)] = by_port[call.port] = call
        elif (call_or_none := by_port.get(destination)) is not None and len(payload) > 12 and payload[0] >> 6 == 2:
            if payload[1] & 0x7F not in (0, 8):  # keys and comfort noise are no audio frames
                continue
            counts[destination] += 1
            call_or_none.frames.append(at)
            if call_or_none.first_sound_at is None and _has_sound(payload[12:]):
                call_or_none.first_sound_at = at
    return list(by_call_id.values())


def _has_sound(alaw: bytes) -> bool:
    loud = sum((byte ^ 0x55) & 0x7F >= ALAW_QUIET for byte in alaw)
    return loud >= len(alaw) // 20


def _packets(path: Path) -> Iterator[tuple[float, int, bytes]]:
    data = path.read_bytes()
    magic, *_ = GLOBAL_HEADER.unpack_from(data)
    if magic != NANOSECOND_MAGIC:
        raise ValueError(f"{path} is not a nanosecond capture")
    position = GLOBAL_HEADER.size
    while position + PACKET_HEADER.size <= len(data):
        seconds, nanoseconds, length, _ = PACKET_HEADER.unpack_from(data, position)
        position += PACKET_HEADER.size
        packet = data[position : position + length]
        position += length
        ip = packet[ETHERNET_BYTES:]
        if len(ip) < 28 or ip[0] >> 4 != 4 or ip[9] != 17:
            continue
        header_bytes = (ip[0] & 0x0F) * 4
        destination = int.from_bytes(ip[header_bytes + 2 : header_bytes + 4], "big")
        yield seconds + nanoseconds / 1e9, destination, ip[header_bytes + 8 :]
