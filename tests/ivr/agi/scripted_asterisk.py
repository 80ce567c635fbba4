"""A peer that plays recorded AGI transcripts over a real socket, as Asterisk would.

Lines of a transcript: `<< text` is sent with a line end, `<<- text` without, several at once; `>> text` must come from
us next, exactly; `== close` and `== reset` end the connection; `#` begins a comment.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from itertools import groupby
from pathlib import Path

TRANSCRIPTS = Path(__file__).parent / "transcripts"
LIMIT_SECONDS = 10.0


def steps_of(name: str) -> list[tuple[str, str]]:
    """Read a transcript as (mark, text) pairs."""
    lines = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(mark, text) for mark, _, text in pairs]


class ScriptedAsterisk:
    """One AGI connection, held from Asterisk's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> ScriptedAsterisk:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def play(self, *names: str) -> None:
        for name in names:
            for is_sent, steps in groupby(steps_of(name), key=lambda step: step[0].startswith("<<")):
                if is_sent:
                    await self.send("".join(text + ("\n" if mark == "<<" else "") for mark, text in steps).encode())
                else:
                    for mark, text in steps:
                        await self._step(mark, text, name)

    async def _step(self, mark: str, text: str, name: str) -> None:
        match mark, text:
            case ">>", _:
                line = await self.receive_line()
                assert line == text, f"{name}: expected {text!r}, got {line!r}"
            case "==", "close":
                await self.close()
            case "==", "reset":
                self.reset()
            case _:
                raise AssertionError(f"{name}: what is {mark} {text}?")

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def send_end(self) -> None:
        """Say that nothing more will be sent, while still listening."""
        self._writer.write_eof()

    async def receive_line(self) -> str:
        async with asyncio.timeout(LIMIT_SECONDS):
            return (await self._reader.readline()).decode().removesuffix("\n")

    async def receive_end(self) -> bytes:
        """Wait until the other side closes; return what it still sent."""
        async with asyncio.timeout(LIMIT_SECONDS):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        peer = self._writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
