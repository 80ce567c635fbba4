"""What the line understands of a recording."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from asr_models.port import SAMPLE_RATE_HZ, PhraseList, RecognitionError
from asr_models.voice_activity import FRAME_BYTES, FRAME_SECONDS
from asr_models.vosk_engine import VoskRecogniser
from asr_models.vosk_server_engine import VoskServerRecogniser
from dialogs.engine.vocabulary import AnswerKind, Heard, HearingFailed, Question
from dialogs.grammar import rule_of
from dialogs.grammar.digits import choose
from ivr.listening.listener import Listener
from ivr.listening.settings import ListeningSettings

Engine = VoskRecogniser | VoskServerRecogniser

_FEED_BYTES = SAMPLE_RATE_HZ * 2  # one second at a time
_NEVER_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of one recording."""

    text: str
    confidence: float  # 0..1
    alternatives: tuple[str, ...] = ()
    digits: str | None = None  # of a question about a number: the one that keeps its rule
    answered_seconds: float | None = None  # into the recording; the line hears nothing after its answer


async def hear_answer(recogniser: Engine, question: Question, pcm16: bytes, listening: ListeningSettings) -> Understood:
    """Hear a recording as the line hears the answer to a question: its gate, its endpointing, its models.

    The caller's time is counted in frames, so that nothing but the recogniser's own delay is left out. The wait for a
    first word is as long as the recording; after its end the caller is silent.

    Raises:
        RecognitionError: recognition failed.
    """
    seconds = len(pcm16) / 2 / SAMPLE_RATE_HZ
    limits = replace(question.limits, start_seconds=question.limits.start_seconds + seconds)
    # Frames come as fast as they are decoded: no gap between them means a stalled line.
    unhurried = listening.model_copy(update={"missing_frames_seconds": _NEVER_SECONDS})
    listener = Listener(recogniser, replace(question, limits=limits), unhurried)
    answering = asyncio.create_task(listener.answer())
    heard_frames = 0
    try:
        listener.prompt_ended()
        for frame in _frames(pcm16, seconds + limits.start_seconds + limits.max_seconds):
            listener.hear(frame)
            heard_frames += 1
            await asyncio.sleep(0)
            await recogniser.caught_up()
            for _ in range(4):  # until the listener has taken note of it
                await asyncio.sleep(0)
            if answering.done():
                break
    finally:
        await listener.close()
    match await answering:
        case Heard(text, confidence, alternatives):
            choice = None
            if question.answer is AnswerKind.DIGITS:
                choice = choose(text, rule_of(question), alternatives)
            answered_seconds = round(heard_frames * FRAME_SECONDS, 2)
            return Understood(text, confidence, alternatives, choice.digits if choice else None, answered_seconds)
        case HearingFailed():
            raise RecognitionError("recognition failed")
        case _:
            return Understood("", 0.0)


async def hear_whole(recogniser: Engine, phrases: PhraseList, pcm16: bytes) -> Understood:
    """Hear a recording from its beginning to its end as one utterance.

    Raises:
        RecognitionError: recognition failed.
    """
    stream = recogniser.open_stream(phrases)
    try:
        for place in range(0, len(pcm16), _FEED_BYTES):
            stream.feed(pcm16[place : place + _FEED_BYTES])
            await stream.decoded()
        heard = await stream.finish()
    finally:
        stream.cancel()
    return Understood(heard.text, heard.confidence, heard.alternatives)


def _frames(pcm16: bytes, seconds: float) -> Iterator[bytes]:
    """Cut into 20 ms frames, with silence after the end."""
    for place in range(0, int(seconds * SAMPLE_RATE_HZ) * 2, FRAME_BYTES):
        yield pcm16[place : place + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
