"""The pieces of one answer and the recogniser's streams behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine

import structlog

from asr_models.port import Recogniser, RecognitionError
from asr_models.speech_gate import SpeechGate
from ivr.listening.pieces import Piece
from ivr.listening.question_grammar import QuestionGrammar

log = structlog.get_logger()


class PieceStreams:
    """Open, feed, close and drop pieces; `on_news` is called whenever one is understood anew."""

    def __init__(
        self,
        recogniser: Recogniser | None,
        grammar: QuestionGrammar,
        *,
        on_news: Callable[[], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self._recogniser = recogniser
        self._grammar = grammar
        self._on_news = on_news
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()
        self.pieces: list[Piece] = []

    def open(self, audio: bytes, gate: SpeechGate) -> None:
        """Begin a new piece with its first audio, which the gate let through."""
        assert self._recogniser is not None
        try:
            piece = Piece(self._recogniser.open_stream(self._grammar.expected))
        except RecognitionError as error:
            self._on_failure(str(error))
            return
        self.pieces.append(piece)
        self._start(self._follow(piece))
        self.feed(audio, gate)

    def feed(self, audio: bytes, gate: SpeechGate) -> None:
        """Give the open piece the audio of one frame, which the gate let through."""
        piece = self.pieces[-1]
        assert piece.stream is not None
        try:
            piece.stream.feed(audio)
        except RecognitionError as error:
            self._on_failure(str(error))
        else:
            piece.frame_passed(gate.periodic_frames, gate.utterance_db)

    def close_last(self) -> None:
        """Flush the open piece: its final hypothesis comes within the recogniser's limit."""
        piece = self.pieces[-1]
        piece.closed = True
        self._start(self._finish(piece))

    def press(self, key: str) -> None:
        """Take a key in its place after what was said so far."""
        if self.pieces and self.pieces[-1].is_keys:
            self.pieces[-1].key_pressed(key)
        else:
            self.pieces.append(Piece.of_keys(key))

    def drop(self, dropped: Collection[Piece]) -> None:
        """Throw pieces away."""
        for piece in tuple(dropped):
            if piece.stream is not None:
                piece.stream.cancel()
            self.pieces.remove(piece)

    async def close(self) -> None:
        """Leave no stream and no task behind; safe more than once."""
        self.drop(self.pieces)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, piece: Piece) -> None:
        assert piece.stream is not None
        async for partial in piece.stream.partials():
            piece.understood(partial, self._grammar)
            self._on_news()

    async def _finish(self, piece: Piece) -> None:
        assert piece.stream is not None
        piece.understood(await piece.stream.finish(), self._grammar)
        self._on_news()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (fault := task.exception()) is None:
            return
        if not isinstance(fault, RecognitionError):  # ours: the caller still has the keys
            log.error("listening.internal_fault", exc_info=fault)
        self._on_failure(str(fault))
