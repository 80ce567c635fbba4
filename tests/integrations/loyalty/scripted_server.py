"""A server on a real socket that answers with scripted bytes, for what no well-made server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

STALL = b"<stall>"
"""At the end of a scripted answer: leave the connection open without another byte."""


CLOSE = b"<close>"
"""As a whole answer: close the connection without a byte."""


class ScriptedServer:
    """Answers the first request with the first script, and so on; the last one serves all further requests."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    self.requests.append(head + await reader.readexactly(length))
                    answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                    if answer == CLOSE:
                        return
                    writer.write(answer.removesuffix(STALL))
                    await writer.drain()
                    if answer.endswith(STALL):
                        await reader.read()  # until the client gives up
                    if b"Connection: close" in answer:
                        return
        finally:
            writer.close()


@asynccontextmanager
async def scripted_server(*answers: bytes) -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer(*answers)
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield scripted


def http_answer(status: str, body: bytes = b"", *headers: str, content_length: int | None = None) -> bytes:
    length = len(body) if content_length is None else content_length
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
