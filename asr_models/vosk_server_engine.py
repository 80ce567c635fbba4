"""A vosk-server as the recogniser: its machine decodes, one websocket per utterance."""

from __future__ import annotations

import asyncio
import json

import aiohttp

from asr_models.phrase_grammar import GrammarCache
from asr_models.port import FREE_SPEECH, SAMPLE_RATE_HZ, Hypothesis, PhraseList, RecogniserOverloaded, RecognitionError
from asr_models.settings import HearingSettings
from asr_models.stream_results import StreamCancelled
from asr_models.vosk_results import Transcript
from asr_models.vosk_server_stream import (
    CLOSE_LIMIT_SECONDS,
    MESSAGE_LIMIT_BYTES,
    ServerLimits,
    VoskServerStream,
    config_message,
)


class VoskServerRecogniser:
    """The client of a vosk-server; belongs to one event loop. The server's model hears all kinds of questions."""

    def __init__(self, settings: HearingSettings | None = None) -> None:
        self._settings = settings or HearingSettings(engine="vosk-server")
        self.name = f"vosk-server/{self._settings.server_url}"
        self._limits = ServerLimits(
            connect_seconds=self._settings.server_connect_limit_seconds,
            final_seconds=self._settings.final_limit_seconds,
            backlog_bytes=_whole_bytes(self._settings.backlog_seconds),
            gather_bytes=_whole_bytes(self._settings.gather_seconds),
        )
        # The protocol does not tell which words the server's model knows: it is sent the list as it is.
        self._grammars = GrammarCache(
            lambda _word: True, self._settings.decoys, dictation_decoys=self._settings.dictation_decoys
        )
        self._streams: set[VoskServerStream] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._problem = ""

    @property
    def is_up(self) -> bool:
        """Whether the server answered the last utterance that was to be heard by it."""
        return not self._problem

    @property
    def state(self) -> str:
        """Which server it is; and what was wrong with it last, if anything was."""
        return "; ".join(filter(None, (self.name, self._problem)))

    @property
    def problems(self) -> tuple[str, ...]:
        """Return nothing: what is wrong with the server may pass, see `state`."""
        return ()

    @property
    def open_streams(self) -> int:
        """How many utterances are being heard now."""
        return len(self._streams)

    async def probe(self) -> None:
        """Hear an utterance without audio.

        Raises:
            RecognitionError: the server is down, late or something else than a vosk-server.
        """
        await self.open_stream(FREE_SPEECH).finish()

    def open_stream(self, phrases: PhraseList) -> VoskServerStream:
        """Start one utterance; connecting goes on while its audio gathers.

        Raises:
            RecogniserOverloaded: `max_streams` are open.
        """
        if len(self._streams) >= self._settings.max_streams:
            raise RecogniserOverloaded(f"{len(self._streams)} streams are open")
        grammar = self._grammars.grammar(phrases)
        rejects = grammar is not None and phrases.allow_unknown
        least = self._settings.min_word_confidence if rejects else 0.0
        stream = VoskServerStream(
            self._connect,
            config_message(phrases, tuple(json.loads(grammar.json)) if grammar else ()),
            Transcript(grammar, min_word_confidence=least),
            self._limits,
            self._stream_over,
        )
        self._streams.add(stream)
        self._closing.add(stream.task)
        stream.task.add_done_callback(self._closing.discard)
        return stream

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return nothing: a vosk-server does not tell what its model knows."""
        return ()

    async def caught_up(self) -> None:
        """Wait until all that was fed so far is decoded; for recordings, which are fed faster than time passes."""
        await asyncio.gather(*(stream.decoded() for stream in tuple(self._streams)))

    async def close(self) -> None:
        """Drop open streams and connections."""
        for stream in tuple(self._streams):
            stream.cancel()
        if self._closing:
            await asyncio.wait(self._closing, timeout=2 * CLOSE_LIMIT_SECONDS)
        if self._session is not None:
            await self._session.close()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        if self._session is None:
            # Some connections may be closing while as many streams as are allowed begin.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=2 * self._settings.max_streams, force_close=True)
            )
        return await self._session.ws_connect(
            self._settings.server_url,
            max_msg_size=MESSAGE_LIMIT_BYTES,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_LIMIT_SECONDS),
        )

    def _stream_over(self, stream: VoskServerStream, outcome: Hypothesis | RecognitionError) -> None:
        self._streams.discard(stream)
        match outcome:
            case StreamCancelled():
                pass
            case RecognitionError():
                self._problem = str(outcome)
            case Hypothesis():
                self._problem = ""


def _whole_bytes(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE_HZ) * 2
