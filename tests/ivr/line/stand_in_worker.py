"""A FastAGI server that does what a test says: stands in for the worker in tests of the dialplan."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class AgiCall:
    """One call as the stand-in sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: dict[str, str]) -> None:
        self._reader, self._writer, self.request = reader, writer, request

    async def command(self, text: str) -> str:
        self._writer.write(text.encode() + b"\n")
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the answer.
        async with asyncio.timeout(20):
            return (await self._reader.readline()).decode().strip()

    async def set(self, name: str, value: str) -> None:
        await self.command(f'SET VARIABLE {name} "{value}"')

    def die(self) -> None:
        """Break off as a killed process does."""
        self._writer.transport.abort()


Script = Callable[[AgiCall], Awaitable[None]]


class StandInWorker:
    """Async context manager: listens and runs one script per call."""

    def __init__(self, host: str, port: int, script: Script) -> None:
        self._host, self._port, self._script = host, port, script
        self.requests: asyncio.Queue[dict[str, str]] = asyncio.Queue(10)
        self._sessions: set[asyncio.Task[None]] = set()
        self._closing = False

    async def __aenter__(self) -> StandInWorker:
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        request: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            request[name] = value
        self.requests.put_nowait(request)
        try:
            await self._script(AgiCall(reader, writer, request))
        except asyncio.CancelledError:
            # The end of the test; asyncio's streams would log it as an error of this callback.
            if not self._closing:
                raise
        finally:
            writer.close()
