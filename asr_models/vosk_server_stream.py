"""One utterance at a vosk-server: a websocket of its own, fed and read side by side.

The protocol (vosk-server, websocket/asr_server.py): a JSON text with `config` first, then binary audio; each piece of
audio is answered by one JSON text, a partial result or, where Vosk's end-pointing cuts, a result; the text
`{"eof" : 1}`, in exactly these characters, is answered by the last result, after which the server closes.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import structlog

from asr_models.port import SAMPLE_RATE_HZ, Hypothesis, PhraseList, RecogniserOverloaded, RecognitionError
from asr_models.stream_results import StreamCancelled, StreamResults
from asr_models.vosk_results import MAX_ALTERNATIVES, ResultGarbled, Transcript

log = structlog.get_logger()

END_OF_AUDIO = '{"eof" : 1}'
MESSAGE_LIMIT_BYTES = 1 << 20  # a result with eight alternatives of a minute's dictation has 100 KB
CLOSE_LIMIT_SECONDS = 0.5
_SEND_BYTES = 16_000  # servers take messages of up to 1 MB by default


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Bounds of one utterance."""

    connect_seconds: float
    final_seconds: float
    backlog_bytes: int
    gather_bytes: int


def config_message(phrases: PhraseList, grammar_phrases: tuple[str, ...]) -> str:
    """Write the first message of an utterance."""
    config: dict[str, object] = {
        "sample_rate": SAMPLE_RATE_HZ,
        "words": not phrases.dictation,
        "max_alternatives": MAX_ALTERNATIVES if phrases.dictation else 0,
    }
    if grammar_phrases:
        config["phrase_list"] = list(grammar_phrases)
    return json.dumps({"config": config}, ensure_ascii=False)


class VoskServerStream:
    """A `RecognitionStream`; all of it belongs to the event loop it was opened on."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]],
        config: str,
        transcript: Transcript,
        limits: ServerLimits,
        on_over: Callable[[VoskServerStream, Hypothesis | RecognitionError], object],
    ) -> None:
        self._connect = connect
        self._config = config
        self._transcript = transcript
        self._limits = limits
        self._on_over = on_over
        self._results = StreamResults()
        self._audio = bytearray()  # not sent yet
        self._unanswered: deque[int] = deque()  # bytes of each message of audio that the server has yet to answer
        self._finishing = False
        self._end_sent = False
        self._last_text = ""
        self._work_to_do = asyncio.Event()
        self._caught_up = asyncio.Event()
        self.task = asyncio.get_running_loop().create_task(self._run())
        self.task.add_done_callback(self._ended)

    def feed(self, pcm16: bytes) -> None:
        """Queue audio without blocking; after the end it is dropped.

        Raises:
            RecogniserOverloaded: the server, or the way to it, is too far behind.
        """
        if len(pcm16) % 2:
            raise ValueError("half a sample")
        if self._finishing or self._results.is_over:
            return
        if len(self._audio) + sum(self._unanswered) + len(pcm16) > self._limits.backlog_bytes:
            overloaded = RecogniserOverloaded("the vosk-server is too far behind the audio")
            self._abort(overloaded)
            raise overloaded
        self._audio += pcm16
        self._caught_up.clear()
        if len(self._audio) >= self._limits.gather_bytes:
            self._work_to_do.set()

    def partials(self) -> AsyncIterator[Hypothesis]:
        """Yield each changed partial hypothesis, skipping those nobody waited for.

        Raises:
            RecognitionError: the server failed.
        """
        return self._results.partials()

    async def finish(self) -> Hypothesis:
        """Send the rest and return the final hypothesis.

        Raises:
            RecognitionError: the server failed or took too long, or the stream was cancelled.
        """
        self._finishing = True
        self._work_to_do.set()
        try:
            async with asyncio.timeout(self._limits.final_seconds):
                return await self._results.final()
        except TimeoutError:
            self._abort(RecognitionError("the vosk-server's final result took too long"))
            return await self._results.final()

    def cancel(self) -> None:
        """Throw the stream away; safe at any time and more than once."""
        self._abort(StreamCancelled())

    async def decoded(self) -> None:
        """Wait until all that was fed so far is answered, or the stream is over."""
        if not (self._audio or self._unanswered) or self._results.is_over:
            return
        self._work_to_do.set()
        try:
            async with asyncio.timeout(self._limits.connect_seconds + self._limits.final_seconds):
                await self._caught_up.wait()
        except TimeoutError:
            self._abort(RecognitionError("the vosk-server does not answer"))

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                websocket = await self._connect()
        except TimeoutError:
            self._end(RecognitionError("the vosk-server did not answer in time"))
            return
        except (aiohttp.ClientError, OSError) as error:
            self._end(RecognitionError(f"the vosk-server cannot be reached: {error}"))
            return
        async with websocket:
            try:
                async with asyncio.TaskGroup() as both:
                    sending = both.create_task(self._send(websocket))
                    await self._receive(websocket)
                    sending.cancel()
            except* (aiohttp.ClientError, OSError) as errors:
                self._end(RecognitionError(f"the vosk-server broke off: {errors.exceptions[0]}"))
            except* ResultGarbled as errors:
                self._end(RecognitionError(f"the vosk-server answers garbage: {errors.exceptions[0]}"))

    async def _send(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        await websocket.send_str(self._config)
        while not self._end_sent:
            await self._work_to_do.wait()
            self._work_to_do.clear()
            while self._audio:
                audio = bytes(self._audio[:_SEND_BYTES])
                del self._audio[:_SEND_BYTES]
                self._unanswered.append(len(audio))
                await websocket.send_bytes(audio)
            if self._finishing and not self._audio:
                self._end_sent = True
                await websocket.send_str(END_OF_AUDIO)

    async def _receive(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await websocket.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    if self._answered(message.data):
                        return
                case aiohttp.WSMsgType.CLOSE | aiohttp.WSMsgType.CLOSING | aiohttp.WSMsgType.CLOSED:
                    self._end(RecognitionError(f"the vosk-server closed early (code {websocket.close_code})"))
                    return
                case aiohttp.WSMsgType.ERROR:
                    raise ResultGarbled(str(message.data))
                case _:
                    raise ResultGarbled("a binary message")

    def _answered(self, message: str) -> bool:
        """Take the server's next message; return whether it was the last."""
        if self._unanswered:
            self._unanswered.popleft()
            partial = self._transcript.take_answer(message)
            if partial.text != self._last_text:
                self._last_text = partial.text
                self._results.tell(partial)
            if not (self._unanswered or self._audio):
                self._caught_up.set()
            return False
        if not self._end_sent:
            raise ResultGarbled("more answers than questions")
        self._transcript.take(message)
        self._end(self._transcript.final())
        return True

    def _abort(self, outcome: RecognitionError) -> None:
        self._end(outcome)
        self.task.cancel()

    def _end(self, outcome: Hypothesis | RecognitionError) -> None:
        if not self._results.end(outcome):
            return
        self._audio.clear()
        self._unanswered.clear()
        self._caught_up.set()
        self._on_over(self, outcome)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("hearing.server_stream_broke", exc_info=fault)
        self._end(RecognitionError("the stream to the vosk-server broke"))  # unless it has an outcome
