"""A manager interface that plays recorded AMI transcripts over real sockets, as Asterisk would.

Lines of a transcript: `<< text` is sent with a line end, several at once, with `{ActionID}` standing for the id of the
last action; a group of `>> Field: value` must all be in the next action; `== close` ends the connection; `#` begins a
comment.
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from pathlib import Path

TRANSCRIPTS = Path(__file__).parent / "transcripts"
LIMIT_SECONDS = 10.0

Fields = list[tuple[str, str]]


class ManagerSession:
    """One connection of a client, held from Asterisk's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.last_action_id = ""

    async def play(self, *names: str, bytes_at_once: int | None = None) -> None:
        for name in names:
            lines = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
            steps = [line.partition(" ") for line in lines if line and not line.startswith("#")]
            for mark, group in groupby(steps, key=lambda step: step[0]):
                texts = [text for _, _, text in group]
                match mark:
                    case "<<":
                        await self.send("".join(f"{text}\r\n" for text in texts), bytes_at_once=bytes_at_once)
                    case ">>":
                        fields = await self.receive_action()
                        missing = [text for text in texts if tuple(text.split(": ", 1)) not in fields]
                        assert not missing, f"{name}: {missing} not in {fields}"
                    case "==":
                        await self.close()
                    case _:
                        raise AssertionError(f"{name}: what is {mark!r}?")

    async def send(self, text: str | bytes, *, bytes_at_once: int | None = None) -> None:
        data = text if isinstance(text, bytes) else text.replace("{ActionID}", self.last_action_id).encode()
        size_bytes = bytes_at_once or max(1, len(data))
        for start in range(0, len(data), size_bytes):
            self._writer.write(data[start : start + size_bytes])
            await self._writer.drain()
            await asyncio.sleep(0)

    async def answer(self, *lines: str) -> None:
        """Send an answer to the last action."""
        await self.send("".join(f"{line}\r\n" for line in ("Response: Success", "ActionID: {ActionID}", *lines, "")))

    async def receive_action(self) -> Fields:
        async with asyncio.timeout(LIMIT_SECONDS):
            block = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        fields = [tuple(line.split(": ", 1)) for line in block.removesuffix("\r\n\r\n").split("\r\n")]
        self.last_action_id = dict(fields)["ActionID"]
        return fields

    async def receive_end(self) -> bytes:
        """Wait until the client closes; return what it still sent."""
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


class ScriptedManager:
    """The listening side: hands out each connection as a session."""

    def __init__(self) -> None:
        self._sessions: asyncio.Queue[ManagerSession] = asyncio.Queue()
        self._all: list[ManagerSession] = []
        self._server: asyncio.Server | None = None
        self.port = 0
        self.connections = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in self._all:
            await session.close()

    async def accept(self) -> ManagerSession:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self._sessions.get()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = ManagerSession(reader, writer)
        self._all.append(session)
        self._sessions.put_nowait(session)
