"""Call audio over Asterisk's AudioSocket: a TCP server that knows only calls announced to it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import structlog

from ivr.audio.audiosocket_frames import FrameDecoder, FrameKind, GarbageOnLine, encode
from ivr.audio.clock import FrameClock
from ivr.audio.playout import SILENCE, Playout, QueuedPlayback
from ivr.audio.port import FRAME_BYTES, FRAME_SECONDS, CallerAudio, CallerInput, HungUp, KeyPressed
from ivr.audio.settings import AudioSettings

log = structlog.get_logger()

WRITE_BACKLOG_BYTES = 16 * 1024
"""Asterisk that does not read for longer than this is stalled: frames are dropped, not piled up."""
KEYS = frozenset("0123456789*#ABCD")
KEY_BACKLOG = 64
SENT_BACKLOG_BYTES = 25 * FRAME_BYTES
"""How much of what was sent is told to who hears the caller, when the caller's frames do not come."""


@dataclass(slots=True)
class AudioCounters:
    """What was dropped and refused, for the metrics."""

    caller_frames_dropped: int = 0
    yulia_frames_dropped: int = 0
    connections_refused: int = 0


class AudioSocketCall:
    """The audio of one call; implements `ivr.audio.port.CallAudio`."""

    def __init__(self, transport: asyncio.Transport, settings: AudioSettings, counters: AudioCounters) -> None:
        self._transport = transport
        self._counters = counters
        self._playout = Playout(settings.playout_limit_seconds)
        self._backlog_frames = max(1, int(settings.caller_backlog_seconds / FRAME_SECONDS))
        self._frames: deque[CallerAudio] = deque()
        self._keys: deque[KeyPressed] = deque(maxlen=KEY_BACKLOG)
        self._partial = bytearray()
        self._sent = bytearray()  # since the caller's last frame
        self._arrived = asyncio.Event()
        self._closed = False

    async def receive(self) -> CallerInput:
        """See `ivr.audio.port.CallAudio`; keys overtake audio."""
        while True:
            if self._keys:
                return self._keys.popleft()
            if self._frames:
                return self._frames.popleft()
            if self._closed:
                raise HungUp("audio line closed")
            self._arrived.clear()
            await self._arrived.wait()

    def play(self, pcm16: bytes) -> QueuedPlayback:
        """See `ivr.audio.port.CallAudio`."""
        if self._closed:
            raise HungUp("audio line closed")
        return self._playout.add(pcm16)

    async def close(self) -> None:
        """See `ivr.audio.port.CallAudio`."""
        if not self._closed:
            self._transport.write(encode(FrameKind.TERMINATE))
            self._transport.close()
            self.line_closed()

    def press(self, key: str) -> None:
        """Take a key from the stream, or from AMI where Asterisk does not send keys in the stream."""
        if key in KEYS:
            self._keys.append(KeyPressed(key))
            self._arrived.set()

    def take_audio(self, pcm16: bytes) -> None:
        """Take caller audio in whatever pieces it came; half a sample at the end of one is dropped.

        Asterisk never splits a sample; kept, the half would turn all that follows into noise.
        """
        self._partial += pcm16[: len(pcm16) // 2 * 2]
        while len(self._partial) >= FRAME_BYTES:
            if len(self._frames) >= self._backlog_frames:
                self._frames.popleft()
                self._counters.caller_frames_dropped += 1
            self._frames.append(CallerAudio(bytes(self._partial[:FRAME_BYTES]), bytes(self._sent)))
            del self._partial[:FRAME_BYTES]
            self._sent.clear()
        self._arrived.set()

    def send_frame(self) -> None:
        """Send the frame that is due on the clock: speech, or silence when nothing plays."""
        frame = self._playout.next_frame()
        if self._transport.get_write_buffer_size() > WRITE_BACKLOG_BYTES:
            self._counters.yulia_frames_dropped += 1
            return
        self._transport.write(encode(FrameKind.AUDIO_8KHZ, frame))
        self._sent += frame
        del self._sent[:-SENT_BACKLOG_BYTES]

    def line_closed(self) -> None:
        """Tell everybody who waits that the line is gone; what was already received may still be read."""
        self._closed = True
        self._playout.abandon()
        self._arrived.set()


class AudioSocketConnection(asyncio.Protocol):
    """One TCP connection from Asterisk: names its call first, then carries audio."""

    def __init__(self, server: AudioSocketServer) -> None:
        self._server = server
        self._decoder = FrameDecoder()
        self._transport: asyncio.Transport | None = None
        self._call: AudioSocketCall | None = None
        self._naming_limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the peer a moment to say which call it is."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._server.connections.add(self)
        self._naming_limit = asyncio.get_running_loop().call_later(
            self._server.settings.first_frame_limit_seconds, self._refuse, "named no call in time"
        )

    def data_received(self, data: bytes) -> None:
        """Decode and hand on; garbage closes the connection."""
        try:
            for frame in self._decoder.feed(data):
                match frame.kind, self._call:
                    case FrameKind.CALL_ID, None:
                        self._name_call(frame.call_id())
                    case FrameKind.AUDIO_8KHZ, AudioSocketCall() as call:
                        call.take_audio(frame.payload)
                    case FrameKind.KEY, AudioSocketCall() as call:
                        call.press(frame.payload.decode("ascii", "replace"))
                    case ((FrameKind.TERMINATE | FrameKind.ERROR), _):
                        self.abort()
                        return
                    case _, None:
                        self._refuse("sent audio before naming its call")
                        return
                    case _:
                        raise GarbageOnLine(f"{frame.kind.name} in the middle of a call")
                if self._transport is None or self._transport.is_closing():
                    return
        except GarbageOnLine as error:
            self._refuse(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Hang-up, reset and our own closing all end here."""
        if self._naming_limit is not None:
            self._naming_limit.cancel()
        self._server.connections.discard(self)
        self._server.clock.unsubscribe(self)
        if self._call is not None:
            self._call.line_closed()

    def abort(self) -> None:
        """Cut the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def _name_call(self, call_id: UUID) -> None:
        assert self._transport is not None
        waiting = self._server.take_announced(call_id)
        if waiting is None:
            self._refuse("call id was not announced")
            return
        if self._naming_limit is not None:
            self._naming_limit.cancel()
        self._call = AudioSocketCall(self._transport, self._server.settings, self._server.counters)
        for _ in range(round(self._server.settings.lead_seconds / FRAME_SECONDS)):
            self._transport.write(encode(FrameKind.AUDIO_8KHZ, SILENCE))
        self._server.clock.subscribe(self, self._call.send_frame)
        waiting.set_result(self._call)

    def _refuse(self, reason: str) -> None:
        self._server.counters.connections_refused += 1
        log.warning("audio connection refused", reason=reason)
        self.abort()


class AudioSocketServer:
    """Listen for Asterisk and match each connection with the call that announced it."""

    def __init__(self, settings: AudioSettings, clock: FrameClock) -> None:
        self.settings = settings
        self.clock = clock
        self.counters = AudioCounters()
        self.connections: set[AudioSocketConnection] = set()
        self._announced: dict[UUID, asyncio.Future[AudioSocketCall]] = {}
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Return host:port as the dialplan application wants it."""
        assert self._server is not None, "the server is not started"
        return f"{self.settings.host}:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: AudioSocketConnection(self), self.settings.host, self.settings.port
        )

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self.connections):
            connection.abort()

    def announce(self, call_id: UUID) -> asyncio.Future[AudioSocketCall]:
        """Accept one connection with this id; the future brings the call's audio. Cancel it to forget the call."""
        waiting: asyncio.Future[AudioSocketCall] = asyncio.get_running_loop().create_future()
        self._announced[call_id] = waiting
        waiting.add_done_callback(lambda _: self._announced.pop(call_id, None))
        return waiting

    def take_announced(self, call_id: UUID) -> asyncio.Future[AudioSocketCall] | None:
        """Return who waits for this call, once."""
        waiting = self._announced.pop(call_id, None)
        return None if waiting is None or waiting.done() else waiting
