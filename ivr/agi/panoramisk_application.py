"""panoramisk's FastAGI application with a handler that no peer can hold up.

Guarded against (panoramisk 1.4): its handler spins for ever, and with it the event loop, when a peer connects and
closes; it has no limits of time or size, decodes strictly, swallows cancellation, and takes coroutine functions only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from panoramisk import fast_agi

from ivr.agi.errors import AgiProtocolError, HungUp
from ivr.agi.panoramisk_request import GuardedRequest, read_line
from ivr.agi.request import AgiRequest, header_pair, request_from_headers
from ivr.agi.settings import AgiSettings

log = structlog.get_logger()

SOCKET_CLOSE_LIMIT_SECONDS = 1.0


class GuardedApplication(fast_agi.Application):  # type: ignore[misc]
    """The route table of panoramisk with a handler that no peer can hold up."""

    def __init__(self, settings: AgiSettings, on_bad_peer: Callable[[str], None]) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.settings = settings
        self.on_bad_peer = on_bad_peer
        self.awaiting_headers: set[asyncio.Task[object]] = set()

    def add_route(self, path: str, endpoint: Callable[[GuardedRequest], Awaitable[None]]) -> None:
        """Add a route; unlike panoramisk's, any callable that returns an awaitable will do."""

        async def route(request: GuardedRequest) -> None:
            await endpoint(request)

        super().add_route(path.strip("/"), route)

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection from its headers to its end; raises nothing but cancellation."""
        try:
            request = await self._accept(reader, str(writer.get_extra_info("peername")))
            if request is not None:
                await self._serve(GuardedRequest(self, self.settings, request, reader, writer))
        finally:
            await close_socket(writer)

    async def _accept(self, reader: asyncio.StreamReader, peer: str) -> AgiRequest | None:
        task = asyncio.current_task()
        assert task is not None
        self.awaiting_headers.add(task)
        try:
            async with asyncio.timeout(self.settings.header_limit_seconds):
                request = request_from_headers(await self._read_headers(reader))
        except HungUp:
            self._refuse(peer, "closed before its headers were complete")
        except TimeoutError:
            self._refuse(peer, "headers not complete in time")
        except AgiProtocolError as error:
            self._refuse(peer, str(error))
        else:
            if request.path in self._route:
                return request
            self._refuse(peer, "no route for the path", path=request.path[:80])
        finally:
            self.awaiting_headers.discard(task)
        return None

    def _refuse(self, peer: str, reason: str, **fields: str) -> None:
        log.warning("AGI connection refused", peer=peer, reason=reason, **fields)
        self.on_bad_peer(reason)

    async def _read_headers(self, reader: asyncio.StreamReader) -> dict[str, str]:
        headers: dict[str, str] = {}
        size_bytes = 0
        while (raw := await read_line(reader)) not in (b"\n", b"\r\n"):
            size_bytes += len(raw)
            if size_bytes > self.settings.header_limit_bytes:
                raise AgiProtocolError("headers over the limit")
            pair = header_pair(raw.decode(self.default_encoding, "replace").rstrip("\r\n"))
            if pair is not None:
                headers.setdefault(*pair)  # the first counts: a value with line breaks must not replace a header
            elif not headers:
                raise AgiProtocolError("garbage instead of AGI headers")
        return headers

    async def _serve(self, request: GuardedRequest) -> None:
        listener = asyncio.create_task(request.listen())
        try:
            await self._route[request.request.path](request)
        finally:
            listener.cancel()
            await asyncio.wait([listener])


async def close_socket(writer: asyncio.StreamWriter) -> None:
    """Close a connection, by force when the peer does not take what is left in time."""
    writer.close()
    try:
        async with asyncio.timeout(SOCKET_CLOSE_LIMIT_SECONDS):
            await writer.wait_closed()
    except OSError:  # TimeoutError is one
        writer.transport.abort()
