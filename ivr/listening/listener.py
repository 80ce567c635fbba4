"""One question's listening: from the caller's frames to one answer.

Endpointing is by completeness: each pause closes the recogniser's stream, which flushes it, and the pieces are joined.
An answer that satisfies the question ends at once, another one only after a longer pause. Time is counted in frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from asr_models.caller_level import CallerLevel
from asr_models.port import Hypothesis, Recogniser
from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import FRAME_BYTES, FRAME_SECONDS, SILENCE_DB
from dialogs.engine.vocabulary import AnswerKind, Heard, HearingFailed, NothingHeard, Question
from dialogs.grammar.words import words
from ivr.listening.background import Background
from ivr.listening.barge_in import BargeIn, HeldPrompt
from ivr.listening.piece_streams import PieceStreams
from ivr.listening.pieces import Piece, far_behind, joined
from ivr.listening.question_grammar import QuestionGrammar
from ivr.listening.settings import ListeningSettings
from ivr.listening.word_clock import WordClock

log = structlog.get_logger()

Answer = Heard | NothingHeard | HearingFailed

_SILENCE = bytes(FRAME_BYTES)


class Listener:
    """Hears the answer to one question; made when its prompt starts, closed whatever happens."""

    def __init__(
        self,
        recogniser: Recogniser | None,
        question: Question,
        settings: ListeningSettings | None = None,
        prompt: HeldPrompt | None = None,
        background: Background | None = None,
        caller: CallerLevel | None = None,
    ) -> None:
        """Start listening.

        Without a recogniser or anything to hear (keys only) nothing but `NothingHeard` comes, after its time.
        `prompt` is held while what is being said into it is not understood yet. `background` and the loudness of
        the `caller` are the call's.
        """
        self._settings = settings or ListeningSettings()
        self._question = question
        self._grammar = QuestionGrammar(question, self._settings.barge_in.backchannels)
        self._pause = ", " if question.answer is AnswerKind.DIGITS else " "  # which the grammar of numbers can use
        self._hears = recogniser is not None and (question.free_speech or bool(question.phrases))
        self._gate = SpeechGate(self._settings.gate, caller, dictation=question.answer is AnswerKind.DIGITS)
        self._barge_in = BargeIn(self._settings.barge_in, prompt, background or Background())
        self._streams = PieceStreams(
            recogniser,
            self._grammar,
            on_news=self._weigh,
            on_failure=self._recogniser_failed,
        )
        self._prompt_plays = True
        self._listened_frames = 0  # since the prompt ended
        self._silent_frames = 0  # of these, with nobody speaking
        self._word_clock = WordClock()
        self._answer_frames = 0  # since what may be the answer began
        self._keyless_frames: int | None = None  # since the last key; None: no key was pressed
        self._number_ended = False
        self._ending = False  # what is settled now may be the answer: nothing new begins before it is
        self._failed = False
        self._at_rest = False  # answered, keyed or closed
        self._frame_came = False
        self._silence_at_answer_seconds = 0.0
        self._read_pieces: list[tuple[Hypothesis, bool, float]] = []
        self._reading = Hypothesis("", 0.0, is_final=True)
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Answer] = loop.create_future()
        self._watching = loop.create_task(self._watch_frames())

    @property
    def trailing_silence_seconds(self) -> float:
        """How long the caller had been silent when the answer was taken."""
        return self._silence_at_answer_seconds

    @property
    def has_words(self) -> bool:
        """Whether a word was spoken, by what is known so far; unknown speech and «угу» are none."""
        return any(
            self._grammar.has_words(piece.hypothesis.text) for piece in self._streams.pieces if not piece.is_keys
        )

    def hear(self, pcm16: bytes, echo_db: float = SILENCE_DB) -> None:
        """Take one 20 ms frame from the caller; each one from the moment the prompt starts.

        Up to the level `echo_db` (dB of full scale) the frame may be the prompt's own echo.
        """
        self._frame_came = True
        self._take(pcm16, echo_db)

    def prompt_ended(self) -> None:
        """Start the no-input clock: the prompt was played or stopped."""
        self._prompt_plays = False
        self._barge_in.prompt_ended()
        self._weigh()

    def keys_touched(self) -> None:
        """Drop what was said and listen no more: the caller answers by keys, which have their own clock."""
        self._rest()

    def key_pressed(self, key: str) -> None:
        """Take a digit of a number that is dictated and pressed by turns, in its place after what was said so far."""
        if self._at_rest or self._failed:
            return
        self._close_piece()
        self._streams.press(key)
        self._keyless_frames = 0
        self._weigh()

    def number_ended(self) -> None:
        """Wait for no further digit: the caller closed the number by a key."""
        if self._at_rest:
            return
        self._number_ended = True
        self._close_piece()
        self._weigh()

    async def barged_in(self) -> None:
        """Wait for speech that carries words while the prompt plays; that speech is kept for the answer."""
        await self._barge_in.words()

    async def answer(self) -> Answer:
        """Wait for the answer; after `keys_touched` there is none until the listener is closed."""
        return await asyncio.shield(self._answer)

    async def close(self) -> None:
        """Leave no stream and no task behind; safe more than once."""
        self._rest()
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await self._streams.close()
        if not self._answer.done():
            self._answer.set_result(NothingHeard())

    # ---- frames -------------------------------------------------------------------------------------------------

    def _take(self, pcm16: bytes, echo_db: float) -> None:
        if self._at_rest:
            return
        self._recognise(pcm16, echo_db)
        if not self._prompt_plays:
            self._listened_frames += 1
            self._silent_frames += not self._gate.is_open
        self._word_clock.frame_passed()
        if self._streams.pieces:
            self._answer_frames += 1
        if self._keyless_frames is not None:
            self._keyless_frames += 1
        self._barge_in.frame_passed(self._gate)
        self._weigh()

    def _recognise(self, pcm16: bytes, echo_db: float) -> None:
        deaf = not self._hears or self._failed or self._number_ended or self._ending
        may_open = not deaf and (self._question.barge_in or not self._prompt_plays)
        was_open = self._gate.is_open
        audio = self._gate.take(pcm16, may_open=may_open, floor_db=echo_db)
        if self._gate.former_db is not None:
            self._streams.pieces[-1].level_db = self._gate.former_db
            self._streams.close_last()
            was_open = False
        if was_open:
            self._streams.feed(audio, self._gate)
            if not self._gate.is_open and not self._failed:
                self._streams.close_last()
        elif audio:
            self._word_clock.restart()
            self._streams.open(audio, self._gate)

    def _close_piece(self) -> None:
        if self._gate.is_open:
            self._gate.close()
            self._streams.close_last()

    async def _watch_frames(self) -> None:
        """Let time pass when no frames come, so that no call hangs on a stalled line."""
        gap_seconds = self._settings.missing_frames_seconds
        while not self._at_rest:
            self._frame_came = False
            await asyncio.sleep(gap_seconds)
            if not self._frame_came:
                for _ in range(max(1, round(gap_seconds / FRAME_SECONDS))):
                    self._take(_SILENCE, SILENCE_DB)

    # ---- deciding -----------------------------------------------------------------------------------------------

    def _weigh(self) -> None:
        """Decide after each frame, each hypothesis and the prompt's end whether the answer is here."""
        if self._at_rest:
            return
        if self._failed:
            if not self._prompt_plays:  # the caller hears the question out and may key the answer
                self._settle(HearingFailed())
            return
        pieces = self._streams.pieces
        self._barge_in.weigh(self._gate, pieces)
        self._drop([piece for piece in pieces if piece.settled and not self._counts(piece)])
        reading = self._read(pieces)
        if self._gate.is_open:
            if self._is_over(reading) or self._out_of_time():
                self._close_piece()
                self._ending = True
            return
        behind = far_behind(pieces)
        if any(not piece.settled and piece not in behind for piece in pieces):
            return  # a final is on its way, within the recogniser's limit
        self._ending = False
        if reading.text:
            if self._is_over(reading) or self._out_of_time():
                others = self._grammar.worth_telling(reading.alternatives)
                self._settle(Heard(reading.text, reading.confidence, others))
        elif self._number_ended or self._silent_seconds() >= self._question.limits.start_seconds or self._out_of_time():
            self._settle(NothingHeard())

    def _read(self, pieces: Sequence[Piece]) -> Hypothesis:
        """Join the pieces, unless nothing has changed since the last frame."""
        parts = [(piece.hypothesis, piece.voiced, piece.level_db) for piece in pieces]
        if parts != self._read_pieces:
            self._read_pieces, self._reading = parts, joined(pieces, self._pause)
            self._word_clock.read(words(self._reading.text))
            if self.has_words:
                self._gate.words_heard()
        return self._reading

    def _counts(self, piece: Piece) -> bool:
        """Noise without words never counts nor does unknown speech far off; into a prompt «угу» does not, either."""
        if piece.is_keys:
            return True
        if self._prompt_plays and not self._barge_in.happened:
            return piece.tells
        return bool(piece.hypothesis.text) and (piece.voiced or not piece.only_unknown)

    def _is_over(self, reading: Hypothesis) -> bool:
        """Say whether the pause since the last word or key ends the answer."""
        if self._number_ended:
            return True
        keyless_seconds = float("inf") if self._keyless_frames is None else self._keyless_frames * FRAME_SECONDS
        if self._keyless_frames is not None and not self.has_words:
            return False  # a number of keys alone has a clock of its own
        limits = self._question.limits
        # Where noise or other people hold the gate open, the time without a new word tells.
        wordless_seconds = self._word_clock.seconds - self._settings.partial_lag_seconds
        if self._grammar.satisfied(reading.text, reading.alternatives):
            calm_seconds = max(self._gate.pause_seconds, wordless_seconds)
            return min(calm_seconds, keyless_seconds) >= limits.complete_seconds
        pause_seconds = limits.incomplete_seconds
        if self._grammar.dictating(reading.text):
            pause_seconds = max(pause_seconds, self._settings.digits_pause_seconds)
        calm_seconds = max(self._gate.pause_seconds, min(wordless_seconds, self._gate.quiet_seconds))
        if not self._question.free_speech:  # in a crowd as loud as the caller nobody is ever quiet
            calm_seconds = max(calm_seconds, wordless_seconds - self._settings.wordless_talk_seconds)
        return calm_seconds >= pause_seconds and keyless_seconds >= self._question.keys.inter_key_seconds

    def _silent_seconds(self) -> float:
        return 0.0 if self._prompt_plays else self._silent_frames * FRAME_SECONDS

    def _out_of_time(self) -> bool:
        limits = self._question.limits
        return (
            self._answer_frames * FRAME_SECONDS >= limits.max_seconds
            or self._listened_frames * FRAME_SECONDS >= limits.start_seconds + limits.max_seconds
        )

    # ---- ending -------------------------------------------------------------------------------------------------

    def _settle(self, answer: Answer) -> None:
        silent_frames = self._gate.pause_frames
        if self._keyless_frames is not None:
            silent_frames = min(silent_frames, self._keyless_frames)
        self._silence_at_answer_seconds = silent_frames * FRAME_SECONDS
        self._rest()
        if not self._answer.done():
            self._answer.set_result(answer)

    def _drop(self, pieces: list[Piece]) -> None:
        self._streams.drop(pieces)
        if not self._streams.pieces:
            self._answer_frames = 0

    def _recogniser_failed(self, reason: str) -> None:
        if self._failed or self._at_rest:
            return
        log.warning("listening.recogniser_failed", question=self._question.id, error=reason)
        self._failed = True
        self._barge_in.hearing_failed()
        self._gate.close()
        self._drop(self._streams.pieces)
        self._weigh()

    def _rest(self) -> None:
        self._at_rest = True
        self._drop(self._streams.pieces)
