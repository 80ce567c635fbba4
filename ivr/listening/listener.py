"""One question's listening: from the caller's frames to one answer.

Endpointing is by completeness: each pause closes the recogniser's stream, which flushes it, and the pieces are joined.
An answer that satisfies the question ends at once, another one only after a longer pause. Time is counted in frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from asr_models.port import PhraseList, Recogniser, RecognitionError
from asr_models.speech_gate import FRAME_BYTES, FRAME_SECONDS, SpeechGate
from dialogs.engine.vocabulary import AnswerKind, Heard, HearingFailed, NothingHeard, Question
from ivr.listening.pieces import Piece, joined
from ivr.listening.settings import ListeningSettings

log = structlog.get_logger()

Answer = Heard | NothingHeard | HearingFailed

_SILENCE = bytes(FRAME_BYTES)


class Listener:
    """Hears the answer to one question; made when its prompt starts, closed whatever happens."""

    def __init__(
        self,
        recogniser: Recogniser | None,
        question: Question,
        satisfied: Callable[[str], bool],
        settings: ListeningSettings | None = None,
    ) -> None:
        """Start listening.

        Without a recogniser or a phrase list (keys only) nothing but `NothingHeard` comes, after its time.
        `satisfied` says whether a text answers the question completely.
        """
        self._settings = settings or ListeningSettings()
        self._question = question
        self._satisfied = satisfied
        self._satisfied_memo: tuple[str, bool] = ("", False)
        self._recogniser = recogniser if question.phrases else None
        self._gate = SpeechGate(self._settings.gate)
        self._pieces: list[Piece] = []
        self._prompt_plays = True
        self._listened_frames = 0  # since the prompt ended
        self._silent_frames = 0  # of these, with nobody speaking
        self._answer_frames = 0  # since what may be the answer began
        self._failed = False
        self._at_rest = False  # answered, keyed or closed
        self._frame_came = False
        self._silence_at_answer_seconds = 0.0
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Answer] = loop.create_future()
        self._barged_in = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._start(self._watch_frames())

    @property
    def trailing_silence_seconds(self) -> float:
        """How long the caller had been silent when the answer was taken."""
        return self._silence_at_answer_seconds

    def hear(self, pcm16: bytes) -> None:
        """Take one 20 ms frame from the caller; each one from the moment the prompt starts."""
        self._frame_came = True
        self._take(pcm16)

    def prompt_ended(self) -> None:
        """Start the no-input clock: the prompt was played or stopped."""
        self._prompt_plays = False
        self._weigh()

    def keys_touched(self) -> None:
        """Drop what was said and listen no more: the caller answers by keys, which have their own clock."""
        self._rest()

    async def barged_in(self) -> None:
        """Wait for speech that carries words while the prompt plays; that speech is kept for the answer."""
        await self._barged_in.wait()

    async def answer(self) -> Answer:
        """Wait for the answer; after `keys_touched` there is none until the listener is closed."""
        return await asyncio.shield(self._answer)

    async def close(self) -> None:
        """Leave no stream and no task behind; safe more than once."""
        self._rest()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._answer.done():
            self._answer.set_result(NothingHeard())

    # ---- frames -------------------------------------------------------------------------------------------------

    def _take(self, pcm16: bytes) -> None:
        if self._at_rest:
            return
        if self._recogniser is None or self._failed or (self._prompt_plays and not self._question.barge_in):
            self._gate.take(pcm16, may_open=False)
        else:
            self._recognise(pcm16)
        if not self._prompt_plays:
            self._listened_frames += 1
            self._silent_frames += not self._gate.is_open
        self._weigh()

    def _recognise(self, pcm16: bytes) -> None:
        was_open = self._gate.is_open
        audio = self._gate.take(pcm16)
        try:
            if audio:
                piece = self._pieces[-1] if was_open else self._open_piece()
                piece.stream.feed(audio)
                piece.frame_passed()
        except RecognitionError as error:
            self._recogniser_failed(error)
            return
        if self._pieces:
            self._answer_frames += 1
        if was_open and not self._gate.is_open:
            self._close_piece()

    async def _watch_frames(self) -> None:
        """Let time pass when no frames come, so that no call hangs on a stalled line."""
        gap_seconds = self._settings.missing_frames_seconds
        while not self._at_rest:
            self._frame_came = False
            await asyncio.sleep(gap_seconds)
            if not self._frame_came:
                for _ in range(max(1, round(gap_seconds / FRAME_SECONDS))):
                    self._take(_SILENCE)

    # ---- pieces -------------------------------------------------------------------------------------------------

    def _open_piece(self) -> Piece:
        assert self._recogniser is not None
        piece = Piece(self._recogniser.open_stream(PhraseList(self._question.phrases)))
        self._pieces.append(piece)
        self._start(self._follow(piece))
        return piece

    def _close_piece(self) -> None:
        self._gate.close()
        piece = self._pieces[-1]
        piece.closed = True
        self._start(self._finish(piece))

    async def _follow(self, piece: Piece) -> None:
        try:
            async for partial in piece.stream.partials():
                piece.understood(partial, self._settings.backchannels)
                self._weigh()
        except RecognitionError as error:
            self._recogniser_failed(error)

    async def _finish(self, piece: Piece) -> None:
        try:
            piece.understood(await piece.stream.finish(), self._settings.backchannels)
        except RecognitionError as error:
            self._recogniser_failed(error)
        else:
            self._weigh()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:  # ours: the caller still has the keys
            log.error("listening.internal_fault", question=self._question.id, exc_info=fault)
            self._fail()

    def _drop_pieces(self, dropped: list[Piece]) -> None:
        for piece in dropped:
            piece.stream.cancel()
            self._pieces.remove(piece)
        if not self._pieces:
            self._answer_frames = 0

    # ---- deciding -----------------------------------------------------------------------------------------------

    def _weigh(self) -> None:
        """Decide after each frame, each hypothesis and the prompt's end whether the answer is here."""
        if self._at_rest:
            return
        if self._failed:
            if not self._prompt_plays:  # the caller hears the question out and may key the answer
                self._settle(HearingFailed())
            return
        self._notice_barge_in()
        self._drop_pieces([piece for piece in self._pieces if piece.settled and not self._counts(piece)])
        reading = joined(self._pieces)
        if self._gate.is_open:
            if self._out_of_time() or (self._complete(reading.text) and self._calm_seconds() >= self._pause_for(True)):
                self._close_piece()
        elif any(not piece.settled for piece in self._pieces):
            pass  # a final is on its way, within the recogniser's limit
        elif reading.text:
            pause_seconds = self._pause_for(self._complete(reading.text), reading.text)
            if self._gate.pause_seconds >= pause_seconds or self._out_of_time():
                self._settle(Heard(reading.text, reading.confidence))
        elif self._silent_seconds() >= self._question.limits.start_seconds or self._out_of_time():
            self._settle(NothingHeard())

    def _notice_barge_in(self) -> None:
        if not self._prompt_plays:
            return
        for piece in self._pieces:  # in a partial a word may flare up and vanish
            lasting = piece.settled or piece.frames_with_word * FRAME_SECONDS >= self._settings.barge_in_word_seconds
            if piece.word is not None and lasting:
                self._barged_in.set()

    def _counts(self, piece: Piece) -> bool:
        """Noise without words never counts; while the prompt plays neither do «угу» and unknown speech."""
        if self._prompt_plays and not self._barged_in.is_set():
            return piece.word is not None
        return bool(piece.hypothesis.text)

    def _complete(self, text: str) -> bool:
        if text != self._satisfied_memo[0]:  # asked at every frame, and reading digits is not free
            self._satisfied_memo = (text, bool(text) and self._satisfied(text))
        return self._satisfied_memo[1]

    def _pause_for(self, complete: bool, text: str = "") -> float:
        limits = self._question.limits
        if complete:
            return limits.complete_seconds
        if self._question.answer is AnswerKind.DIGITS and not all(piece.only_unknown for piece in self._pieces):
            return max(limits.incomplete_seconds, self._settings.digits_pause_seconds)
        return limits.incomplete_seconds

    def _calm_seconds(self) -> float:
        """Silence by the gate or, where noise holds it open, the time without a new word."""
        without_news_seconds = self._pieces[-1].frames_unchanged * FRAME_SECONDS
        return max(self._gate.pause_seconds, without_news_seconds - self._settings.partial_lag_seconds)

    def _silent_seconds(self) -> float:
        return 0.0 if self._prompt_plays else self._silent_frames * FRAME_SECONDS

    def _out_of_time(self) -> bool:
        limits = self._question.limits
        return (
            self._answer_frames * FRAME_SECONDS >= limits.max_seconds
            or self._listened_frames * FRAME_SECONDS >= limits.start_seconds + limits.max_seconds
        )

    def _settle(self, answer: Answer) -> None:
        self._silence_at_answer_seconds = self._gate.pause_seconds
        self._rest()
        if not self._answer.done():
            self._answer.set_result(answer)

    def _recogniser_failed(self, error: RecognitionError) -> None:
        if not (self._failed or self._at_rest):
            log.warning("listening.recogniser_failed", question=self._question.id, error=str(error))
            self._fail()

    def _fail(self) -> None:
        self._failed = True
        self._gate.close()
        self._drop_pieces(list(self._pieces))
        self._weigh()

    def _rest(self) -> None:
        self._at_rest = True
        self._drop_pieces(list(self._pieces))
