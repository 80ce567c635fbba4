"""panoramisk's manager and protocol with their faults fenced off: one connection, from its opening to its end.

Guarded against (panoramisk 1.4): characters cut at chunk borders are lost; the buffer grows without limit, and is
scanned anew for each chunk; an unusual message raises inside the protocol and tears the connection; actions that were
under way when the connection ended run after the reconnect; futures of such actions never end; pings are sent, never
checked; it reconnects by itself, without back-off, even when closed, and after a refused login without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ivr.ami.errors import AmiBusy, AmiConnectionLost, AmiDisconnected
from ivr.ami.panoramisk_action import GuardedAction
from ivr.ami.settings import AmiSettings

log = structlog.get_logger()

BANNER = b"Asterisk Call Manager/"
BANNER_LIMIT_BYTES = 200
MESSAGE_END = b"\r\n\r\n"
GARBAGE_LIMIT = 20  # blocks that are no messages, before the connection is given up


@dataclass(slots=True)
class AmiCounters:
    """What the client has seen since it was built."""

    logins: int = 0
    reconnects: int = 0  # logins after the first
    connect_failures: int = 0
    login_failures: int = 0
    connections_lost: int = 0
    silent_connections: int = 0  # of the lost: given up because a ping stayed unanswered
    garbage_blocks: int = 0  # blocks that are no messages, or unreadable ones
    events: int = 0
    events_dropped: int = 0  # by full subscriptions


class GuardedProtocol(AMIProtocol):  # type: ignore[misc]
    """The wire: whole messages out of any chunks; every action ends when the connection does."""

    responses: dict[str, GuardedAction]  # by action id
    version: str | None

    def __init__(self, manager: GuardedManager) -> None:
        self._manager = manager
        self._settings = manager.settings
        self._buffer = bytearray()
        self._scanned_bytes = 0
        self._garbage_blocks = 0
        self.ended = asyncio.Event()
        self.end_reason = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start; messages may come before panoramisk's manager knows of the connection."""
        super().connection_made(transport)
        self.factory = self._manager
        self.encoding = "utf-8"

    def send(self, data: Any, as_list: bool | None = None) -> asyncio.Future[list[Message]]:
        """Write an action; its future gets all messages of the answer.

        Raises:
            AmiDisconnected: the connection has ended.
            AmiBusy: too many actions are under way.
        """
        if self.closed or self.transport.is_closing():
            raise AmiDisconnected("the AMI connection has ended")
        if len(self.responses) >= self._settings.pending_actions_limit:
            raise AmiBusy(f"{len(self.responses)} actions wait for their answers")
        action = data if isinstance(data, GuardedAction) else GuardedAction(data, self._settings.list_limit_events)
        self.responses[action.id] = action
        self.transport.write(str(action).encode(self.encoding))
        future: asyncio.Future[list[Message]] = action.future
        return future

    def forget(self, action: GuardedAction) -> None:
        """Drop an action that nobody waits for any more; a late answer to it is ignored."""
        self.responses.pop(action.id, None)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages as bytes, so that no character is ever cut."""
        if self.closed:
            return
        self._buffer += data
        if self.version is None and not self._take_banner():
            return
        while not self.closed and (end := self._buffer.find(MESSAGE_END, self._scanned_bytes)) >= 0:
            block = self._buffer[:end].decode(self.encoding, "replace").strip("\r\n")
            del self._buffer[: end + len(MESSAGE_END)]
            self._scanned_bytes = 0
            if block:
                self._take_block(block)
        self._scanned_bytes = max(0, len(self._buffer) - len(MESSAGE_END) + 1)
        if len(self._buffer) > self._settings.message_limit_bytes:
            self.give_up("a message over the limit")

    def give_up(self, reason: str) -> None:
        """End the connection at once."""
        self.end_reason = self.end_reason or reason
        self.transport.abort()
        self.connection_lost(None)

    def connection_lost(self, exc: Any) -> None:
        """End every action under way; called for Asterisk's Shutdown event too."""
        if isinstance(exc, Message):
            self.end_reason = self.end_reason or "Asterisk shuts down"
        self.end_reason = self.end_reason or (f"broken: {exc}" if exc else "closed by Asterisk")
        super().connection_lost(exc)

    def close(self) -> None:
        """Close; what was under way ends with an error and is not kept for later."""
        self.end_reason = self.end_reason or "closed by us"
        pending = list(self.responses.values())
        self.responses.clear()
        for action in pending:
            if not action.future.done():
                action.future.set_exception(AmiConnectionLost(f"the AMI connection ended: {self.end_reason}"))
        super().close()
        self._buffer.clear()
        self.ended.set()

    def _take_banner(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end and len(line) <= BANNER_LIMIT_BYTES and (line.startswith(BANNER) or BANNER.startswith(line)):
            return False
        if not end or not line.startswith(BANNER) or len(line) > BANNER_LIMIT_BYTES:
            self.give_up("no Asterisk manager at this address")
            return False
        self.version = line.removeprefix(BANNER).decode("ascii", "replace").strip()
        self._buffer = rest
        return True

    def _take_block(self, block: str) -> None:
        try:
            message = Message.from_line(block)
            if message is not None:
                self.handle_message(message)
                return
        except Exception:  # one unreadable message (a field twice, say) must not tear the connection
            log.exception("AMI message cannot be read", length=len(block))
        self._manager.counters.garbage_blocks += 1
        self._garbage_blocks += 1
        if self._garbage_blocks > GARBAGE_LIMIT:
            self.give_up("too much that is no AMI message")


class GuardedManager(Manager):  # type: ignore[misc]
    """One connection: logs in, hands events on, checks its pings. Never reconnects and never keeps an action."""

    pinger: asyncio.TimerHandle | None

    def __init__(self, settings: AmiSettings, counters: AmiCounters, on_event: Callable[[Message], None]) -> None:
        assert settings.secret is not None
        super().__init__(
            host=settings.host,
            port=settings.port,
            username=settings.username,
            secret=settings.secret.get_secret_value(),
            events=settings.event_classes,
            encoding="utf-8",
            protocol_factory=lambda: GuardedProtocol(self),
        )
        self.settings = settings
        self.counters = counters
        self.ping_delay = self.ping_interval = settings.ping_seconds
        self.login_answer: asyncio.Future[list[Message]] | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self.register_event("*", lambda _, message: on_event(message))

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """Log in once connected; whoever awaits the connection is told of a failure by the same future."""
        if f.cancelled() or f.exception() is not None:
            return
        try:
            super().connection_made(f)
        except AmiDisconnected:  # ended already
            return
        self.login_answer = self.authenticated_future

    def login(self, future: asyncio.Future[list[Message]]) -> None:
        """Start the pings once the login is answered."""
        self.authenticated_future = None
        if self.pinger is not None:
            self.pinger.cancel()
        if future.cancelled() or future.exception() is not None:
            return
        self.authenticated = bool(future.result()[0].success)
        if self.authenticated:
            self.pinger = self.loop.call_later(self.ping_delay, self.ping)

    def ping(self) -> None:
        """Ask for a sign of life, and give the connection up when none comes."""
        self.pinger = None
        try:
            pong = self.protocol.send({"Action": "Ping"})
        except AmiBusy:
            self.pinger = self.loop.call_later(self.ping_interval, self.ping)
            return
        except AmiDisconnected:
            return
        self._watchdog = self.loop.call_later(self.settings.dead_after_seconds, self._fall_silent)
        pong.add_done_callback(self._take_pong)

    def connection_lost(self, exc: Any) -> None:
        """Stop the clocks. Connecting again is the client's business."""
        self._stop_clocks()
        self.authenticated = False

    def close(self) -> None:
        """End the connection, and all actions under way."""
        self._stop_clocks()
        super().close()

    def send_awaiting_actions(self, *_: object) -> None:
        """Do nothing at FullyBooted: an action that was not answered in its time must never run late."""

    def _take_pong(self, pong: asyncio.Future[list[Message]]) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        if not pong.cancelled() and pong.exception() is None:
            self.pinger = self.loop.call_later(self.ping_interval, self.ping)

    def _fall_silent(self) -> None:
        self.counters.silent_connections += 1
        self.protocol.give_up(f"no answer to a ping within {self.settings.dead_after_seconds} s")

    def _stop_clocks(self) -> None:
        for clock in (self.pinger, self._watchdog):
            if clock is not None:
                clock.cancel()
        self.pinger = self._watchdog = None
