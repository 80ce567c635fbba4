"""One utterance: fed on the event loop, decoded in slices by the pool, its results handed back to the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

from asr_models.decoding_pool import DecodingPool, Turn
from asr_models.port import Hypothesis, RecogniserOverloaded, RecognitionError
from asr_models.stream_results import StreamCancelled, StreamResults
from asr_models.vosk_model import Decoder


class VoskStream:
    """A `RecognitionStream`. Public methods belong to the event loop it was opened on."""

    def __init__(
        self,
        pool: DecodingPool,
        make_decoder: Callable[[], Decoder],
        *,
        on_over: Callable[[VoskStream], object],
        backlog_bytes: int,
        gather_bytes: int,
        slice_bytes: int,
        final_limit_seconds: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._pool = pool
        self._on_over = on_over
        self._backlog_bytes = backlog_bytes
        self._gather_bytes = gather_bytes
        self._slice_bytes = slice_bytes
        self._final_limit_seconds = final_limit_seconds
        # Shared with the decoding threads, under the lock:
        self._lock = threading.Lock()
        self._pending = bytearray()
        self._scheduled = False  # in the pool's queue or being decoded; after the end for good
        self._running = False
        self._finishing = False
        self._dropped = False  # nothing more is wanted of the threads
        self._waiters: list[asyncio.Future[None]] = []
        # Used by the thread that runs the current slice only:
        self._make_decoder: Callable[[], Decoder] | None = make_decoder
        self._decoder: Decoder | None = None
        self._last_text = ""
        # Used on the event loop only:
        self._results = StreamResults()
        with self._lock:
            self._schedule(Turn.FAIR)  # makes the decoder while the first audio gathers

    def feed(self, pcm16: bytes) -> None:
        """Queue audio without blocking; after the end it is dropped.

        Raises:
            RecogniserOverloaded: decoding is too far behind.
        """
        if len(pcm16) % 2:
            raise ValueError("half a sample")
        with self._lock:
            if self._finishing or self._dropped:
                return
            behind = len(self._pending) + len(pcm16) > self._backlog_bytes
            if not behind:
                self._pending += pcm16
                self._schedule(self._next_turn())
        if behind:
            overloaded = RecogniserOverloaded("decoding is too far behind the audio")
            self._end(overloaded)
            raise overloaded

    def partials(self) -> AsyncIterator[Hypothesis]:
        """Yield each changed partial hypothesis, skipping those nobody waited for.

        Raises:
            RecognitionError: decoding failed.
        """
        return self._results.partials()

    async def finish(self) -> Hypothesis:
        """Flush what was fed and return the final hypothesis.

        Raises:
            RecognitionError: decoding failed, took too long, or the stream was cancelled.
        """
        with self._lock:
            if not self._dropped:
                self._finishing = True
                self._schedule(self._next_turn(), overtake=True)
        try:
            async with asyncio.timeout(self._final_limit_seconds):
                return await self._results.final()
        except TimeoutError:
            self._end(RecognitionError("the final result took too long"))
            return await self._results.final()

    def cancel(self) -> None:
        """Throw the stream away; safe at any time and more than once."""
        self._end(StreamCancelled())

    async def decoded(self) -> None:
        """Wait until all that was fed so far is decoded, or the stream is over."""
        waiter: asyncio.Future[None] = self._loop.create_future()
        with self._lock:
            if self._dropped or not (self._pending or self._scheduled):
                waiter.set_result(None)
            else:
                self._waiters.append(waiter)
                self._schedule(self._next_turn())
        await waiter
        await asyncio.sleep(0)  # results that were handed over before are told by now

    def run_slice(self) -> Turn:
        """Decode one slice; called by the pool, never by two threads at once."""
        with self._lock:
            if self._running or not self._scheduled:  # overtaken: the work was done, or is being done now
                return Turn.NONE
            if self._dropped:
                self._decoder = self._make_decoder = None  # freed here, not on the event loop
                return Turn.NONE
            self._running = True
            audio = bytes(self._pending[: self._slice_bytes])
            del self._pending[: self._slice_bytes]
            last = self._finishing and not self._pending
        try:
            self._decode(audio, last=last)
        except Exception as error:  # Vosk raises nothing narrower
            failure = RecognitionError(f"Vosk failed: {error}")
            failure.__cause__ = error
            self._decoder = None
            self._post(self._end, failure)
            return Turn.NONE
        if last:
            self._decoder = None
            return Turn.NONE
        with self._lock:
            self._running = False
            turn = self._next_turn()
            self._scheduled = turn is not Turn.NONE
            waiters: list[asyncio.Future[None]] = []
            if not self._scheduled:
                waiters, self._waiters = self._waiters, waiters
        if waiters:
            self._post(_resolve, waiters)
        return turn

    def _decode(self, audio: bytes, *, last: bool) -> None:
        if self._decoder is None:
            assert self._make_decoder is not None
            self._decoder, self._make_decoder = self._make_decoder(), None
        if audio:
            self._decoder.accept(audio)
        if last:
            self._post(self._end, self._decoder.final())
        elif audio:
            partial = self._decoder.partial()
            if partial.text != self._last_text:
                self._last_text = partial.text
                self._post(self._results.tell, partial)

    def _next_turn(self) -> Turn:
        if self._finishing and len(self._pending) <= self._slice_bytes:
            return Turn.SOON
        enough = 1 if self._waiters else self._gather_bytes
        return Turn.FAIR if self._finishing or self._dropped or len(self._pending) >= enough else Turn.NONE

    def _schedule(self, turn: Turn, *, overtake: bool = False) -> None:
        if turn is not Turn.NONE and (overtake or not self._scheduled):
            self._scheduled = True
            self._pool.submit(self, turn)

    def _post(self, callback: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the loop is closed: nobody is left to tell
            with self._lock:
                self._dropped = True

    def _end(self, outcome: Hypothesis | RecognitionError) -> None:
        if not self._results.end(outcome):
            return
        with self._lock:
            self._dropped = True
            self._pending.clear()
            self._schedule(Turn.FAIR)  # so that a thread frees the decoder
            waiters, self._waiters = self._waiters, []
        _resolve(waiters)
        self._on_over(self)


def _resolve(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
