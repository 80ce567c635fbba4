from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from asr_models.caller_level import CallerLevel
from asr_models.settings import HearingSettings
from asr_models.voice_activity import SILENCE_DB
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import AnswerKind, Heard, KeyEntry, ListenLimits, Question
from ivr.listening.background import Background
from ivr.listening.listener import Answer, Listener
from ivr.listening.second_look import with_second_look
from ivr.listening.settings import ListeningSettings
from tests.asr_models.speech_samples import DIGIT_PHRASES, frames

FRAME_SECONDS = 0.02
UNHURRIED = ListeningSettings(missing_frames_seconds=30.0)
"""Frames come as fast as they are decoded: no gap between them means a stalled line."""


def question(
    *phrases: str,
    answer: AnswerKind = AnswerKind.CHOICE,
    limits: ListenLimits | None = None,
    keys: KeyEntry | None = None,
    digits: tuple[int, ...] = (),
    barge_in: bool = True,
    free_speech: bool = False,
) -> Question:
    """Make a question that is told apart only by what matters to listening; each of its phrases means something."""
    return Question(
        "test/question",
        answer,
        phrases,
        limits or ListenLimits(),
        keys or KeyEntry(),
        meanings=tuple("" if phrase in DIGIT_PHRASES else phrase for phrase in phrases),
        digit_lengths=digits,
        barge_in=barge_in,
        free_speech=free_speech,
    )


YES_NO = question("да", "нет", "верно", "неверно", "оператор", answer=AnswerKind.YES_NO)
MENU = question("проверить баланс", "баланс", "заблокировать карту", "активировать карту", "оператор", "повторите")
CARD_GROUPS = ("семьдесят семь восемьдесят девять", "двадцать два пять три", "одиннадцать шестьдесят", "сорок пять")
CARD = question(
    *DIGIT_PHRASES,
    "оператор",
    answer=AnswerKind.DIGITS,
    limits=ListenLimits(start_seconds=7, complete_seconds=0.2, incomplete_seconds=1.2, max_seconds=40),
    keys=KeyEntry(max_keys=14, end_key="#", inter_key_seconds=3.0),
    digits=(14,),
)


def heard_text(answer: Answer | None) -> str:
    """Return the text that was heard; an answer of another kind fails the test."""
    assert isinstance(answer, Heard), answer
    return answer.text


@dataclass(slots=True)
class Prompt:
    """A prompt that notes what is done to it."""

    deeds: list[str] = field(default_factory=list)

    def hold(self) -> None:
        """See `ivr.listening.barge_in.HeldPrompt`."""
        self.deeds.append("held")

    def go_on(self) -> None:
        """See `ivr.listening.barge_in.HeldPrompt`."""
        self.deeds.append("went on")


@dataclass(slots=True)
class Line:
    """A caller's line in virtual time: frames are fed as fast as they are decoded."""

    listener: Listener
    recogniser: VoskRecogniser | None
    prompt: Prompt
    frames_fed: int = 0
    answering: asyncio.Task[Answer] = field(init=False)

    def __post_init__(self) -> None:
        self.answering = asyncio.create_task(self.listener.answer())

    @property
    def seconds(self) -> float:
        """How much of the caller's time has passed."""
        return self.frames_fed * FRAME_SECONDS

    async def send(self, audio: bytes, echo_db: float = SILENCE_DB) -> None:
        """Send the caller's audio until it ends or the answer is taken."""
        for frame in frames(audio):
            if self.answering.done():
                return
            self.listener.hear(frame, echo_db)
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
    vosk = VoskRecogniser(HearingSettings(threads=1, final_limit_seconds=30))
    yield vosk
    assert vosk.open_streams == 0, "a listener left a stream behind"
    await vosk.close()


@pytest.fixture
async def make_line(recogniser: VoskRecogniser) -> AsyncIterator[MakeLine]:
    """Make lines whose listeners are closed after the test, before the recogniser is looked at."""
    lines: list[Line] = []

    def make(
        asked: Question,
        *,
        prompt_ended: bool = True,
        hears_with: VoskRecogniser | None = recogniser,
        settings: ListeningSettings = UNHURRIED,
        background: Background | None = None,
        caller: CallerLevel | None = None,
    ) -> Line:
        prompt = Prompt()
        listener = Listener(with_second_look(hears_with, asked), asked, settings, prompt, background, caller)
        if prompt_ended:
            listener.prompt_ended()
        lines.append(Line(listener, hears_with, prompt))
        return lines[-1]

    yield make
    for line in lines:
        await line.listener.close()
        await line.answering
