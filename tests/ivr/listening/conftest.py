from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import AnswerKind, KeyEntry, ListenLimits, Question
from ivr.listening.listener import Answer, Listener
from ivr.listening.settings import ListeningSettings
from tests.asr_models.speech_samples import frames

FRAME_SECONDS = 0.02
UNHURRIED = ListeningSettings(missing_frames_seconds=30.0)
"""Frames come as fast as they are decoded: no gap between them means a stalled line."""


def question(
    *phrases: str,
    answer: AnswerKind = AnswerKind.CHOICE,
    limits: ListenLimits | None = None,
    barge_in: bool = True,
) -> Question:
    """Make a question that is told apart only by what matters to listening."""
    return Question("test/question", answer, phrases, limits or ListenLimits(), KeyEntry(), barge_in=barge_in)


YES_NO = question("да", "нет", "верно", "неверно", "оператор", answer=AnswerKind.YES_NO)


def one_of_its_phrases(asked: Question) -> Callable[[str], bool]:
    """Say that any phrase of the list answers the question."""
    return lambda text: text in asked.phrases


@dataclass(slots=True)
class Line:
    """A caller's line in virtual time: frames are fed as fast as they are decoded."""

    listener: Listener
    recogniser: VoskRecogniser | None
    frames_fed: int = 0
    answering: asyncio.Task[Answer] = field(init=False)

    def __post_init__(self) -> None:
        self.answering = asyncio.create_task(self.listener.answer())

    @property
    def seconds(self) -> float:
        """How much of the caller's time has passed."""
        return self.frames_fed * FRAME_SECONDS

    async def send(self, audio: bytes) -> None:
        """Send the caller's audio until it ends or the answer is taken."""
        for frame in frames(audio):
            if self.answering.done():
                return
            self.listener.hear(frame)
            self.frames_fed += 1
            await self.settle()

    async def settle(self) -> None:
        """Wait until what was sent is decoded and the listener has taken note of it."""
        await asyncio.sleep(0)
        if self.recogniser is not None:
            await self.recogniser.caught_up()
        for _ in range(4):
            await asyncio.sleep(0)

    @property
    def answer(self) -> Answer | None:
        """The answer, if it is there."""
        return self.answering.result() if self.answering.done() else None


MakeLine = Callable[..., Line]


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    vosk = VoskRecogniser(HearingSettings(threads=1))
    yield vosk
    assert vosk.open_streams == 0, "a listener left a stream behind"
    await vosk.close()


@pytest.fixture
async def make_line(recogniser: VoskRecogniser) -> AsyncIterator[MakeLine]:
    """Make lines whose listeners are closed after the test, before the recogniser is looked at."""
    lines: list[Line] = []

    def make(
        asked: Question,
        satisfied: Callable[[str], bool] | None = None,
        *,
        prompt_ended: bool = True,
        hears_with: VoskRecogniser | None = recogniser,
        settings: ListeningSettings = UNHURRIED,
    ) -> Line:
        listener = Listener(hears_with, asked, satisfied or one_of_its_phrases(asked), settings)
        if prompt_ended:
            listener.prompt_ended()
        lines.append(Line(listener, hears_with))
        return lines[-1]

    yield make
    for line in lines:
        await line.listener.close()
        await line.answering
