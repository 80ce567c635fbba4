"""A vosk-server that is down, late, mad or gone: the question fails, the worker does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from asr_models.port import FREE_SPEECH, Hypothesis, PhraseList, RecogniserOverloaded, RecognitionError
from asr_models.settings import HearingSettings
from asr_models.vosk_server_engine import VoskServerRecogniser
from tests.asr_models.speech_samples import frames, silence, spoken
from tests.asr_models.vosk_server import END_OF_AUDIO

YES_NO = PhraseList(("да", "нет"))
SHORT_SECONDS = 0.3
LONG_SECONDS = 20.0

Behaviour = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def client_of(
    behaviour: Behaviour, *, final_seconds: float = LONG_SECONDS, **settings: Any
) -> AsyncIterator[VoskServerRecogniser]:
    """Run a server that behaves so, and a client of it."""

    async def behave(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await behaviour(connection)

    async with (
        serve(behave, "127.0.0.1", 0) as server,
        client_at(
            f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", final_limit_seconds=final_seconds, **settings
        ) as client,
    ):
        yield client


@asynccontextmanager
async def client_at(url: str, **settings: Any) -> AsyncIterator[VoskServerRecogniser]:
    limits = {"server_connect_limit_seconds": LONG_SECONDS, "final_limit_seconds": LONG_SECONDS} | settings
    client = VoskServerRecogniser(HearingSettings(engine="vosk-server", server_url=url, **limits))
    try:
        yield client
    finally:
        await client.close()
        assert client.open_streams == 0


async def failure(client: VoskServerRecogniser) -> str:
    """Hear an utterance that cannot be heard; return the reason, which must show in the client's state too."""
    stream = client.open_stream(YES_NO)
    with pytest.raises(RecognitionError) as failed:
        for frame in frames(spoken("нет")):
            stream.feed(frame)
            await asyncio.sleep(0)
        await stream.finish()
    assert client.open_streams == 0
    assert not client.is_up
    assert str(failed.value) in client.state
    return str(failed.value)


async def answers_all(connection: ServerConnection, *, last: str = '{"text": ""}') -> None:
    async for message in connection:
        if message == END_OF_AUDIO:
            await connection.send(last)
            return
        if isinstance(message, bytes):
            await connection.send('{"partial": ""}')


async def test_the_server_is_told_the_rate_the_list_and_what_to_answer_with() -> None:
    told: list[dict[str, Any]] = []

    async def notes(connection: ServerConnection) -> None:
        told.append(json.loads(await connection.recv())["config"])
        await answers_all(connection)

    async with client_of(notes, decoys=("алло",), dictation_decoys=("так",)) as client:
        for phrases in (YES_NO, PhraseList(("пять",), dictation=True), FREE_SPEECH):
            await client.open_stream(phrases).finish()

    assert told == [
        {
            "sample_rate": 8000,
            "words": True,
            "max_alternatives": 0,
            "phrase_list": [*["да"] * 3, *["нет"] * 3, "алло", "[unk]"],
        },
        {
            "sample_rate": 8000,
            "words": False,
            "max_alternatives": 16,
            "phrase_list": [*["пять"] * 3, "алло", "так", "[unk]"],
        },
        {"sample_rate": 8000, "words": True, "max_alternatives": 0},
    ]


async def test_all_audio_arrives_once_and_in_order() -> None:
    audio = spoken("нет")
    arrived = bytearray()

    async def collects(connection: ServerConnection) -> None:
        async for message in connection:
            if isinstance(message, bytes):
                arrived.extend(message)
                await connection.send('{"partial": ""}')
            elif message == END_OF_AUDIO:
                await connection.send('{"text": "нет"}')
                return

    async with client_of(collects) as client:
        stream = client.open_stream(YES_NO)
        for frame in frames(audio):
            stream.feed(frame)
        assert (await stream.finish()).text == "нет"

    assert bytes(arrived).rstrip(b"\0") == audio.rstrip(b"\0")


async def test_pieces_that_the_server_cuts_belong_to_one_utterance() -> None:
    piece = {"result": [{"word": "да", "conf": 1.0, "start": 0, "end": 1}], "text": "да"}
    last = {"result": [{"word": "нет", "conf": 0.8, "start": 0, "end": 1}], "text": "нет"}

    async def cuts(connection: ServerConnection) -> None:
        answers = iter([json.dumps(piece), '{"partial": "не"}'])
        async for message in connection:
            if isinstance(message, bytes):
                await connection.send(next(answers))
            elif message == END_OF_AUDIO:
                await connection.send(json.dumps(last))
                return

    async with client_of(cuts) as client:
        stream = client.open_stream(YES_NO)
        for audio in (silence(0.2), silence(0.2)):
            stream.feed(audio)
            await stream.decoded()
        partial = await anext(aiter(stream.partials()))

        assert partial.text == "да не"
        assert await stream.finish() == Hypothesis("да нет", 0.9, is_final=True)


async def test_a_server_that_is_down_is_told() -> None:
    async with client_at("ws://127.0.0.1:9") as client:
        assert "cannot be reached" in await failure(client)


async def test_an_address_that_is_none_is_told() -> None:
    for url in ("", "no address", "http://", "ws://[", "ftp://127.0.0.1"):
        async with client_at(url) as client:
            assert await failure(client)


async def test_a_server_that_never_greets_is_given_up() -> None:
    async def says_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with client_at(url, server_connect_limit_seconds=SHORT_SECONDS) as client:
            assert "did not answer in time" in await failure(client)
        gone.set()


async def test_something_else_than_a_websocket_is_told() -> None:
    async def is_a_web_page(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(is_a_web_page, "127.0.0.1", 0) as server,
        client_at(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client,
    ):
        assert "cannot be reached" in await failure(client)


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    async def is_silent(connection: ServerConnection) -> None:
        async for _ in connection:
            pass

    async with client_of(is_silent, final_seconds=SHORT_SECONDS) as client:
        assert "took too long" in await failure(client)


async def test_a_server_that_falls_behind_is_an_overload() -> None:
    async def is_silent(connection: ServerConnection) -> None:
        async for _ in connection:
            pass

    async with client_of(is_silent, backlog_seconds=1.0) as client:
        stream = client.open_stream(YES_NO)
        with pytest.raises(RecogniserOverloaded):
            for frame in frames(silence(2.0)):
                stream.feed(frame)
                await asyncio.sleep(0.001)
        with pytest.raises(RecogniserOverloaded):
            await stream.finish()


async def test_a_server_that_stops_reading_is_an_overload() -> None:
    async def is_deaf(_connection: ServerConnection) -> None:
        await gone.wait()

    gone = asyncio.Event()
    async with client_of(is_deaf, backlog_seconds=200.0, final_seconds=SHORT_SECONDS) as client:
        stream = client.open_stream(YES_NO)
        with pytest.raises(RecogniserOverloaded):
            for _ in range(100):
                stream.feed(silence(10.0))
                await asyncio.sleep(0.01)
        gone.set()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "hello",
        "[]",
        '{"partial": 5}',
        '{"result": "да"}',
        '{"alternatives": [1]}',
        "[" * 50_000,
        b"\x00\x01binary",
        '{"partial": "' + "да " * 1_000_000 + '"}',
    ],
    ids=["nothing", "words", "list", "partial", "result", "alternatives", "deep", "binary", "huge"],
)
async def test_garbage_is_told(answer: str | bytes) -> None:
    async def babbles(connection: ServerConnection) -> None:
        async for message in connection:
            if isinstance(message, bytes):
                await connection.send(answer)

    async with client_of(babbles) as client:
        assert "garbage" in await failure(client)


async def test_answers_that_nobody_asked_for_are_garbage() -> None:
    async def floods(connection: ServerConnection) -> None:
        while True:
            await connection.send('{"partial": "да"}')

    async with client_of(floods) as client:
        assert "garbage" in await failure(client)


@pytest.mark.parametrize("after", ["greeting", "audio", "end"])
async def test_a_server_that_closes_early_is_told(after: str) -> None:
    async def leaves(connection: ServerConnection) -> None:
        async for message in connection:
            if after == "greeting" or (after == "audio" and isinstance(message, bytes)) or message == END_OF_AUDIO:
                return
            if isinstance(message, bytes):
                await connection.send('{"partial": ""}')

    async with client_of(leaves) as client:
        reason = await failure(client)

    assert "closed early" in reason or "broke off" in reason


async def test_a_server_that_is_killed_is_told() -> None:
    async def dies(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async with client_of(dies) as client:
        reason = await failure(client)

    assert "closed early" in reason or "broke off" in reason


async def test_the_next_utterance_is_heard_when_the_server_is_back() -> None:
    behaviours = iter((leaves_at_once, answers_all))

    async def recovers(connection: ServerConnection) -> None:
        await next(behaviours)(connection)

    async with client_of(recovers) as client:
        await failure(client)
        await client.probe()
        assert client.is_up


async def leaves_at_once(_connection: ServerConnection) -> None:
    return


async def test_a_cancelled_utterance_closes_its_connection() -> None:
    closed = asyncio.Event()

    async def waits(connection: ServerConnection) -> None:
        await connection.wait_closed()
        closed.set()

    async with client_of(waits) as client:
        stream = client.open_stream(YES_NO)
        stream.feed(silence(1.0))
        await asyncio.sleep(0.05)
        stream.cancel()
        async with asyncio.timeout(LONG_SECONDS):
            await closed.wait()
        assert client.is_up  # it was not the server's fault


async def test_closing_does_not_wait_for_a_server_that_hangs() -> None:
    async def says_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as server:
        client = VoskServerRecogniser(
            HearingSettings(
                engine="vosk-server",
                server_url=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}",
                server_connect_limit_seconds=3600,
            )
        )
        for _ in range(5):
            client.open_stream(YES_NO).feed(silence(0.5))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(LONG_SECONDS):
            await client.close()
        assert client.open_streams == 0
        gone.set()
