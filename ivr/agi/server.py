"""The FastAGI server: Asterisk's dialplan calls it, a route coroutine serves the call."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from ivr.agi.channel import AgiChannel
from ivr.agi.errors import HungUp
from ivr.agi.panoramisk_application import GuardedApplication
from ivr.agi.panoramisk_request import GuardedRequest
from ivr.agi.settings import AgiSettings

log = structlog.get_logger()

Route = Callable[[AgiChannel], Awaitable[None]]


@dataclass(slots=True)
class AgiCounters:
    """What the server has seen since it was built."""

    connections: int = 0
    served: int = 0  # sessions whose route was run
    refused_full: int = 0
    refused_bad: int = 0  # garbage, oversize, slow, closed early, unknown path
    hang_ups: int = 0  # routes that ended with HungUp
    route_failures: int = 0  # routes that ended with any other error


class AgiServer:
    """Listens for AGI connections and runs one route per call; path -> coroutine, e.g. {"call": answer_call}."""

    def __init__(self, settings: AgiSettings, routes: Mapping[str, Route]) -> None:
        self._settings = settings
        self._routes = dict(routes)
        self._application: GuardedApplication | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.counters = AgiCounters()
        self.sessions = 0
        self.port = settings.port

    async def start(self) -> None:
        """Listen; `port` holds the bound port from here on.

        Raises:
            OSError: the address cannot be had.
        """
        self._application = GuardedApplication(self._settings, self._count_bad_peer)
        for path, route in self._routes.items():
            self._application.add_route(path, self._session(route))
        self._server = await asyncio.start_server(
            self._connected,
            self._settings.host,
            self._settings.port,
            limit=self._settings.line_limit_bytes,
            backlog=self._settings.max_sessions,  # all calls may come at once
        )
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("AGI server listens", host=self._settings.host, port=self.port)

    async def close(self) -> None:
        """Stop accepting, give running sessions their time, cancel the rest."""
        if self._server is None or self._application is None:
            return
        self._server.close()
        for task in self._application.awaiting_headers:
            task.cancel()
        limit_seconds = self._settings.close_limit_seconds
        if self._connections:
            await asyncio.wait(self._connections, timeout=limit_seconds)
        for task in self._connections:
            task.cancel()
        if self._connections:
            _, stuck = await asyncio.wait(self._connections, timeout=limit_seconds)
            if stuck:
                log.error("AGI sessions do not end when cancelled", sessions=len(stuck))
        self._server = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._application is not None
        self.counters.connections += 1
        if len(self._application.awaiting_headers) >= self._settings.max_sessions:
            self._refuse_full()
            writer.transport.abort()
            return
        watch_for_dead_peer(writer)
        task = asyncio.create_task(self._application.handler(reader, writer))
        self._connections.add(task)
        task.add_done_callback(functools.partial(self._ended, writer))

    def _ended(self, writer: asyncio.StreamWriter, task: asyncio.Task[None]) -> None:
        self._connections.discard(task)
        writer.close()  # a task cancelled before its first step has not done it
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("AGI connection handler failed", exc_info=error)

    def _session(self, route: Route) -> Callable[[GuardedRequest], Awaitable[None]]:
        async def serve(session: GuardedRequest) -> None:
            if self.sessions >= self._settings.max_sessions:
                self._refuse_full()
                return
            self.sessions += 1
            self.counters.served += 1
            request = session.request
            try:
                await route(AgiChannel(session))
            except HungUp:
                self.counters.hang_ups += 1
                log.info("AGI session ended by hang-up", channel=request.channel, unique_id=request.unique_id)
            except Exception:
                self.counters.route_failures += 1
                log.exception("AGI route failed", channel=request.channel, unique_id=request.unique_id)
            finally:
                self.sessions -= 1

        return serve

    def _refuse_full(self) -> None:
        self.counters.refused_full += 1
        log.warning("AGI connection refused", reason="too many sessions", sessions=self.sessions)

    def _count_bad_peer(self, reason: str) -> None:
        self.counters.refused_bad += 1


def watch_for_dead_peer(writer: asyncio.StreamWriter) -> None:
    """Let the kernel notice within a minute that the peer's machine is gone."""
    peer: socket.socket = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
