"""AudioSocket framing: kind (1 byte), payload length (2 bytes, big endian), payload.

Source: Asterisk's res_audiosocket; what was measured on Asterisk 22 is in docs/adr/0003-call-audio.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

HEADER = struct.Struct(">BH")
PAYLOAD_LIMIT_BYTES = 4096
"""Asterisk sends 320-byte audio; anything much longer is not Asterisk."""


class FrameKind(IntEnum):
    """The kinds that Asterisk sends or accepts."""

    TERMINATE = 0x00
    CALL_ID = 0x01
    KEY = 0x03
    AUDIO_8KHZ = 0x10
    ERROR = 0xFF


KNOWN_KINDS = frozenset(int(kind) for kind in FrameKind)


class GarbageOnLine(Exception):
    """Bytes that are not AudioSocket: the connection is closed."""


@dataclass(frozen=True, slots=True)
class AudioSocketFrame:
    """One decoded frame."""

    kind: FrameKind
    payload: bytes

    def call_id(self) -> UUID:
        """Read the call's id.

        Raises:
            GarbageOnLine: the payload is not 16 bytes.
        """
        if len(self.payload) != 16:
            raise GarbageOnLine(f"call id of {len(self.payload)} bytes, 16 expected")
        return UUID(bytes=self.payload)


class FrameDecoder:
    """Cut a byte stream into frames, whatever the chunk borders are."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[AudioSocketFrame]:
        """Yield each frame completed by `data`.

        Raises:
            GarbageOnLine: unknown kind or a payload over PAYLOAD_LIMIT_BYTES.
        """
        self._pending += data
        while len(self._pending) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._pending)
            if kind not in KNOWN_KINDS:
                raise GarbageOnLine(f"unknown frame kind 0x{kind:02x}")
            if length > PAYLOAD_LIMIT_BYTES:
                raise GarbageOnLine(f"frame of {length} bytes, at most {PAYLOAD_LIMIT_BYTES} expected")
            end = HEADER.size + length
            if len(self._pending) < end:
                return
            payload = bytes(self._pending[HEADER.size : end])
            del self._pending[:end]
            yield AudioSocketFrame(FrameKind(kind), payload)


def encode(kind: FrameKind, payload: bytes = b"") -> bytes:
    """Build header and payload as one piece: a payload that trails its header tears the call."""
    return HEADER.pack(kind, len(payload)) + payload
