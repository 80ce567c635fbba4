"""The sound of many keypad callers: A-law silence, and telephone keys at set times (RFC 3550, RFC 4733).

A process of its own: `python -m bench.media FIRST_PORT CALLS KEYS`, KEYS as «1@12.5,2@21» in seconds of the call.
Each call's clock starts with the first packet that its port receives. What comes in is thrown away: arrival times are
read off a packet capture, not off this process.
"""

from __future__ import annotations

import asyncio
import random
import struct
import sys
import time
from collections import deque

FRAME_SECONDS = 0.02
SAMPLES = 160
SILENCE = b"\xd5" * SAMPLES
ALAW_PAYLOAD, KEY_PAYLOAD = 8, 101
KEY_FRAMES, KEY_ENDS = 5, 3
PORTS_PER_CALL = 2


class CallerMedia(asyncio.DatagramProtocol):
    """One caller's RTP."""

    def __init__(self, keys: list[tuple[str, float]]) -> None:
        self._keys = deque(keys)
        self._packets: deque[bytes] = deque()  # of the key being pressed
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: tuple[str, int] | None = None
        self._began_at = 0.0
        self._sequence, self._timestamp = random.randrange(30000), random.randrange(2**31)
        self._source = random.getrandbits(32)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Note where to send from."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Start at the first packet of the call."""
        if self._peer is None:
            self._peer, self._began_at = addr, time.monotonic()

    def tick(self) -> None:
        """Send what is due: a key's packet, or silence."""
        if self._peer is None or self._transport is None:
            return
        if not self._packets and self._keys and time.monotonic() - self._began_at >= self._keys[0][1]:
            self._press(self._keys.popleft()[0])
        self._sequence += 1
        if self._packets:
            self._send(KEY_PAYLOAD, self._packets.popleft(), self._timestamp)
            if not self._packets:
                self._timestamp += SAMPLES * (KEY_FRAMES + KEY_ENDS)
        else:
            self._timestamp += SAMPLES
            self._send(ALAW_PAYLOAD, SILENCE, self._timestamp)

    def _press(self, key: str) -> None:
        event = "0123456789*#".index(key)
        for number in range(1, KEY_FRAMES + 1):
            self._packets.append(struct.pack(">BBH", event, 10, number * SAMPLES))
        for _ in range(KEY_ENDS):
            self._packets.append(struct.pack(">BBH", event, 0x80 | 10, KEY_FRAMES * SAMPLES))

    def _send(self, payload_type: int, payload: bytes, timestamp: int) -> None:
        assert self._transport is not None
        header = struct.pack(
            ">BBHII", 0x80, payload_type, self._sequence & 0xFFFF, timestamp & 0xFFFFFFFF, self._source
        )
        self._transport.sendto(header + payload, self._peer)


async def play(first_port: int, calls: int, keys: list[tuple[str, float]]) -> None:
    """Serve the ports until the process is ended."""
    loop = asyncio.get_running_loop()
    callers = []
    for number in range(calls):
        _, caller = await loop.create_datagram_endpoint(
            lambda: CallerMedia(keys), local_addr=("127.0.0.1", first_port + number * PORTS_PER_CALL)
        )
        callers.append(caller)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    due = loop.time()
    while True:
        for caller in callers:
            caller.tick()
        due += FRAME_SECONDS
        await asyncio.sleep(max(0.0, due - loop.time()))


def main() -> None:
    """Read the arguments and play."""
    first_port, calls, keys = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    pressed = [(key, float(at)) for key, at in (part.split("@") for part in keys.split(",") if part)]
    asyncio.run(play(first_port, calls, pressed))


if __name__ == "__main__":
    main()
