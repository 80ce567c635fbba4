"""A scripted Asterisk on a real socket talks to the AudioSocket server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio.audiosocket import SENT_BACKLOG_BYTES, AudioSocketCall, AudioSocketServer
from ivr.audio.audiosocket_frames import FrameDecoder, FrameKind, GarbageOnLine, encode
from ivr.audio.clock import FrameClock
from ivr.audio.playout import PlayoutFull
from ivr.audio.port import FRAME_BYTES, CallerAudio, HungUp, KeyPressed
from ivr.audio.settings import AudioSettings

TONE = bytes(range(64)) * 5
LIMIT = 3.0


class Asterisk:
    """The other end of the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, kind: FrameKind, payload: bytes = b"") -> None:
        self.writer.write(encode(kind, payload))

    async def frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(LIMIT):
            header = await self.reader.readexactly(3)
            return header[0], await self.reader.readexactly(int.from_bytes(header[1:], "big"))

    async def is_cut(self) -> bool:
        async with asyncio.timeout(LIMIT):
            try:
                while await self.reader.read(4096):
                    pass
            except ConnectionError:
                pass
            return True


@pytest.fixture
async def server() -> AsyncIterator[AudioSocketServer]:
    server = AudioSocketServer(
        AudioSettings(port=0, first_frame_limit_seconds=0.3, playout_limit_seconds=2.0), FrameClock()
    )
    await server.start()
    yield server
    await server.close()


@contextlib.asynccontextmanager
async def connected(server: AudioSocketServer) -> AsyncIterator[Asterisk]:
    host, port = server.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Asterisk(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def call(server: AudioSocketServer) -> AsyncIterator[tuple[Asterisk, AudioSocketCall]]:
    call_id = uuid4()
    announced = server.announce(call_id)
    async with connected(server) as asterisk:
        asterisk.send(FrameKind.CALL_ID, call_id.bytes)
        yield asterisk, await asyncio.wait_for(announced, LIMIT)


async def frame_of(audio: AudioSocketCall) -> bytes:
    received = await asyncio.wait_for(audio.receive(), LIMIT)
    assert isinstance(received, CallerAudio)
    return received.pcm16


async def test_silence_is_sent_while_nothing_plays(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, _):
        for _ in range(5):
            assert await asterisk.frame() == (FrameKind.AUDIO_8KHZ, bytes(FRAME_BYTES))


async def test_played_audio_arrives_whole_and_in_order_and_says_that_it_was_heard(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        first = audio.play(b"\x01\x00" * 400)
        second = audio.play(b"\x02\x00" * 100)
        heard = b""
        while len(heard.strip(b"\x00")) < 2 * 500 - 1:
            heard += (await asterisk.frame())[1]
        samples = heard[::2].replace(b"\x00", b"")
        assert samples == b"\x01" * 400 + b"\x02" * 100
        assert (await first.finished()).complete
        assert (await second.finished()).complete


async def test_a_stopped_prompt_yields_within_a_frame_and_says_how_much_was_heard(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        playback = audio.play(b"\x01\x00" * 8000)
        while b"\x01" not in (await asterisk.frame())[1]:
            pass
        played = playback.stop()
        assert 0 < played.heard_seconds < 1.0
        assert not played.complete
        assert playback.stop() == played
        assert await playback.finished() == played
        quiet = [await asterisk.frame() for _ in range(6)][3:]
        assert all(payload == bytes(FRAME_BYTES) for _, payload in quiet)


async def test_audio_and_keys_of_the_caller_arrive_and_keys_overtake(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        asterisk.send(FrameKind.AUDIO_8KHZ, TONE[:100])
        asterisk.send(FrameKind.AUDIO_8KHZ, TONE[100:] + TONE)
        assert await frame_of(audio) == TONE
        asterisk.send(FrameKind.KEY, b"7")
        got = [await asyncio.wait_for(audio.receive(), LIMIT) for _ in range(2)]
        assert KeyPressed("7") in got
        assert [frame.pcm16 for frame in got if isinstance(frame, CallerAudio)] == [TONE]


async def test_a_caller_nobody_listens_to_leaves_only_the_newest_second(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        for number in range(80):
            asterisk.send(FrameKind.AUDIO_8KHZ, bytes([number]) * FRAME_BYTES)
        while server.counters.caller_frames_dropped < 30:
            await asterisk.frame()
        assert await frame_of(audio) == bytes([30]) * FRAME_BYTES


async def test_the_callers_frames_bring_along_what_was_sent_meanwhile(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        sent = b"".join(bytes([number, 0]) * (FRAME_BYTES // 2) for number in range(1, 6))
        audio.play(sent)
        while (await asterisk.frame())[1] != sent[-FRAME_BYTES:]:
            pass
        asterisk.send(FrameKind.AUDIO_8KHZ, TONE + TONE)
        first, second = [await asyncio.wait_for(audio.receive(), LIMIT) for _ in range(2)]
        assert isinstance(first, CallerAudio)
        assert isinstance(second, CallerAudio)
        assert sent in first.sent_pcm16
        assert set(second.sent_pcm16) <= {0}


async def test_what_was_sent_to_a_caller_who_sends_nothing_does_not_pile_up(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        for _ in range(SENT_BACKLOG_BYTES // FRAME_BYTES + 10):
            await asterisk.frame()
        asterisk.send(FrameKind.AUDIO_8KHZ, TONE)
        received = await asyncio.wait_for(audio.receive(), LIMIT)
        assert isinstance(received, CallerAudio)
        assert len(received.sent_pcm16) == SENT_BACKLOG_BYTES


async def test_hang_up_ends_reading_and_playing_with_an_error_of_its_own(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        playback = audio.play(bytes(16000))
        asterisk.writer.close()
        with pytest.raises(HungUp):
            await asyncio.wait_for(playback.finished(), LIMIT)
        with pytest.raises(HungUp):
            while True:
                await asyncio.wait_for(audio.receive(), LIMIT)
        with pytest.raises(HungUp):
            audio.play(TONE)


async def test_our_closing_says_terminate_so_that_the_call_lives_on(server: AudioSocketServer) -> None:
    async with call(server) as (asterisk, audio):
        await audio.close()
        kinds = []
        with pytest.raises(asyncio.IncompleteReadError):
            while True:
                kinds.append((await asterisk.frame())[0])
        assert kinds[-1] == FrameKind.TERMINATE


async def test_a_call_that_was_not_announced_is_refused(server: AudioSocketServer) -> None:
    async with connected(server) as asterisk:
        asterisk.send(FrameKind.CALL_ID, uuid4().bytes)
        assert await asterisk.is_cut()
    assert server.counters.connections_refused == 1


async def test_an_announced_id_serves_one_connection_only(server: AudioSocketServer) -> None:
    call_id = uuid4()
    announced = server.announce(call_id)
    async with connected(server) as first, connected(server) as second:
        first.send(FrameKind.CALL_ID, call_id.bytes)
        await asyncio.wait_for(announced, LIMIT)
        second.send(FrameKind.CALL_ID, call_id.bytes)
        assert await second.is_cut()


async def test_a_forgotten_call_is_refused(server: AudioSocketServer) -> None:
    call_id = uuid4()
    server.announce(call_id).cancel()
    await asyncio.sleep(0)
    async with connected(server) as asterisk:
        asterisk.send(FrameKind.CALL_ID, call_id.bytes)
        assert await asterisk.is_cut()


async def test_a_connection_that_names_no_call_in_time_is_cut(server: AudioSocketServer) -> None:
    async with connected(server) as asterisk:
        assert await asterisk.is_cut()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        encode(FrameKind.AUDIO_8KHZ, TONE),
        encode(FrameKind.CALL_ID, b"short"),
        b"\x10\xff\xff",
        b"\x77\x00\x00",
    ],
)
async def test_garbage_closes_the_connection_and_not_the_server(server: AudioSocketServer, garbage: bytes) -> None:
    async with connected(server) as asterisk:
        asterisk.writer.write(garbage)
        assert await asterisk.is_cut()
    async with call(server) as (asterisk, _):
        assert (await asterisk.frame())[0] == FrameKind.AUDIO_8KHZ


async def test_more_audio_than_the_limit_is_refused_at_once(server: AudioSocketServer) -> None:
    async with call(server) as (_, audio):
        with pytest.raises(PlayoutFull):
            audio.play(bytes(16000 * 3))


@settings(max_examples=100)
@given(data=st.binary(max_size=3000), cuts=st.lists(st.integers(1, 200), max_size=40))
def test_chunk_borders_do_not_change_what_is_decoded(data: bytes, cuts: list[int]) -> None:
    def decode(chunks: list[bytes]) -> list[object]:
        decoder, seen = FrameDecoder(), []
        try:
            for chunk in chunks:
                seen.extend(decoder.feed(chunk))
        except GarbageOnLine:
            seen.append("garbage")
        return seen

    stream = encode(FrameKind.CALL_ID, UUID(int=5).bytes) + encode(FrameKind.AUDIO_8KHZ, data) + data
    pieces, position = [], 0
    for cut in cuts:
        pieces.append(stream[position : position + cut])
        position += cut
    pieces.append(stream[position:])
    assert decode(pieces) == decode([stream])
