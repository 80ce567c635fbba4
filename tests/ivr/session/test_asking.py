from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from asr_models.port import Recogniser
from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import (
    AnswerKind,
    Ask,
    Heard,
    KeyEntry,
    KeysPressed,
    ListenLimits,
    NothingHeard,
    Prompt,
    Question,
)
from ivr.audio.port import HungUp
from ivr.listening.listener import Listener
from ivr.listening.settings import ListeningSettings
from ivr.session.asking import Answer, ask
from ivr.session.ear import Ear
from ivr.session.utterance import Utterance
from tests.asr_models.speech_samples import silence, spoken
from tests.ivr.session.scripted_line import LIMIT_SECONDS, Line, Voice, other_tasks
from tts.port import SpeechError

UNHURRIED = ListeningSettings(missing_frames_seconds=30.0)
ONE_KEY = KeyEntry(max_keys=1, allowed="12")
FOUR_KEYS = KeyEntry(max_keys=4, end_key="#", inter_key_seconds=30.0)


def question(keys: KeyEntry = ONE_KEY, *, barge_in: bool = True) -> Question:
    limits = ListenLimits(start_seconds=1.0)
    return Question("test/question", AnswerKind.YES_NO, ("да", "нет"), limits, keys, barge_in=barge_in)


class Asking:
    """A question put on a line whose caller is pumped, as a conversation does it."""

    def __init__(self, recogniser: Recogniser | None) -> None:
        self.recogniser = recogniser
        self.voice = Voice()
        self.line = Line(self.voice)
        self.ear = Ear(self.line)
        self.pumping = asyncio.create_task(self.ear.run())
        self.answering: asyncio.Task[Answer] | None = None

    def put(self, asked: Question, *texts: str, typed_ahead: str = "") -> asyncio.Task[Answer]:
        prompts = tuple(Prompt(f"utter_{text}", text) for text in texts)
        self.answering = asyncio.create_task(
            ask(
                Ask(prompts, asked),
                self.ear,
                typed_ahead,
                lambda prompt: Listener(self.recogniser, asked, UNHURRIED, prompt),
                Utterance(self.line, self.voice, prompts, pause_seconds=0.02, on_first_sound=lambda at: None),
            )
        )
        return self.answering

    async def answer(self) -> Answer:
        assert self.answering is not None
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.answering

    async def end(self) -> None:
        for task in (self.pumping, self.answering):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, HungUp, SpeechError):
                    await task


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    """A line that is asked by keys alone."""
    asking = Asking(None)
    yield asking
    await asking.end()
    assert await other_tasks() == set(), "the question left a task behind"


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    vosk = VoskRecogniser(HearingSettings(threads=1))
    yield vosk
    assert vosk.open_streams == 0, "the question left a stream open"
    await vosk.close()


@pytest.fixture
async def hearing(recogniser: VoskRecogniser) -> AsyncIterator[Asking]:
    """A line whose caller is heard by the real recogniser."""
    asking = Asking(recogniser)
    yield asking
    await asking.end()


async def test_a_key_stops_the_prompt_at_once_and_answers(asking: Asking) -> None:
    asking.put(question(), "a", "b")
    await asking.line.hears("a")
    asking.line.press("2")
    answer = await asking.answer()
    assert answer.event == KeysPressed("2")
    assert answer.waiting_since is not None
    assert await asking.line.is_silent()
    assert asking.line.heard == ["a"]


async def test_the_first_of_several_keys_stops_the_prompt(asking: Asking) -> None:
    answering = asking.put(question(FOUR_KEYS), "a", "b")
    await asking.line.hears("a")
    asking.line.press("7")
    await asking.line.turn()
    assert [await asking.line.is_silent() for _ in range(4)] == [True] * 4
    assert not answering.done()
    asking.line.press("789")
    assert (await asking.answer()).event == KeysPressed("7789")


async def test_a_key_that_the_question_does_not_take_stops_nothing(asking: Asking) -> None:
    answering = asking.put(question(), "a")
    await asking.line.hears("a")
    asking.line.press("9")
    assert await asking.line.turn() == "a"
    assert not answering.done()


async def test_keys_typed_ahead_answer_before_a_word_is_said(asking: Asking) -> None:
    asking.put(question(), "a", typed_ahead="1")
    assert (await asking.answer()).event == KeysPressed("1")
    assert await asking.line.is_silent()
    assert asking.line.heard == []


async def test_keys_typed_ahead_are_completed_by_keys_to_come(asking: Asking) -> None:
    asking.put(question(FOUR_KEYS), "a", typed_ahead="12")
    await asking.line.turn()
    asking.line.press("34")
    assert (await asking.answer()).event == KeysPressed("1234")


@pytest.mark.parametrize("barge_in", [True, False])
async def test_silence_after_the_prompt_is_told_as_such(asking: Asking, barge_in: bool) -> None:
    answering = asking.put(question(barge_in=barge_in), "a")
    asking.line.send(silence(5.0))  # while the prompt plays: it does not count
    await asking.line.hears("a")
    assert not answering.done()
    for _ in range(10):
        await asking.line.turn()
    assert not answering.done()
    asking.line.send(silence(1.1))
    assert await asking.answer() == Answer(NothingHeard(), None)


async def test_a_word_stops_the_prompt_and_counts_as_the_answer(hearing: Asking) -> None:
    hearing.put(question(), "a", "b")
    await hearing.line.hears("a")
    hearing.line.send(silence(0.3) + spoken("да") + silence(0.6))  # the clock stands: only the word can end it
    answer = await hearing.answer()
    assert isinstance(answer.event, Heard)
    assert answer.event.text == "да"
    assert answer.waiting_since is not None
    assert await hearing.line.is_silent()
    assert hearing.line.heard == ["a"]


async def test_a_sound_without_words_only_holds_the_prompt(hearing: Asking, recogniser: VoskRecogniser) -> None:
    answering = hearing.put(question(), "a", "b")
    await hearing.line.hears("a")
    hearing.line.send(silence(1.2) + spoken("угу"))
    async with asyncio.timeout(LIMIT_SECONDS):
        while recogniser.open_streams == 0:
            await asyncio.sleep(0)
    assert [await hearing.line.is_silent() for _ in range(4)] == [True] * 4
    hearing.line.send(silence(0.6))
    async with asyncio.timeout(LIMIT_SECONDS):
        while recogniser.open_streams > 0:
            await asyncio.sleep(0)
    await hearing.line.hears("b")
    assert not answering.done()


async def test_words_do_not_stop_a_prompt_without_barge_in(hearing: Asking, recogniser: VoskRecogniser) -> None:
    answering = hearing.put(question(barge_in=False), "a", "b")
    await hearing.line.hears("a")
    hearing.line.send(silence(0.3) + spoken("да") + silence(0.6))
    await hearing.line.turn()
    await recogniser.caught_up()
    await hearing.line.hears("b")
    assert not answering.done()
    for _ in range(3):
        await hearing.line.turn()
    hearing.line.send(silence(0.3) + spoken("нет") + silence(0.6))
    answer = await hearing.answer()
    assert isinstance(answer.event, Heard)
    assert answer.event.text == "нет"


async def test_a_key_stops_a_prompt_without_barge_in(asking: Asking) -> None:
    asking.put(question(barge_in=False), "a", "b")
    await asking.line.hears("a")
    asking.line.press("1")
    assert (await asking.answer()).event == KeysPressed("1")
    assert await asking.line.is_silent()


async def test_a_key_wins_over_what_is_being_said(hearing: Asking) -> None:
    hearing.put(question(FOUR_KEYS), "a")
    await hearing.line.hears("a")
    hearing.line.send(silence(0.3) + spoken("да"))
    hearing.line.press("1#")
    assert (await hearing.answer()).event == KeysPressed("1")


@pytest.mark.parametrize("broken", ["a", "b"])
async def test_a_prompt_that_cannot_be_spoken_is_an_error(asking: Asking, broken: str) -> None:
    asking.voice.broken = broken
    answering = asking.put(question(), "a", "b")
    await asking.line.turn_until(answering)
    with pytest.raises(SpeechError):
        answering.result()
    assert await other_tasks() == {asking.pumping}


async def hang_up_while_the_prompt_is_made(asking: Asking) -> None:
    asking.voice.ready.clear()
    asking.put(question(), "a")
    await asking.line.turn()
    asking.line.hang_up()
    asking.voice.ready.set()


async def hang_up_while_the_prompt_plays(asking: Asking) -> None:
    asking.put(question(), "a")
    await asking.line.hears("a")
    asking.line.hang_up()


async def hang_up_before_the_prompt_plays(asking: Asking) -> None:
    asking.line.hang_up()
    asking.put(question(), "a")


@pytest.mark.parametrize(
    "hang_up", [hang_up_before_the_prompt_plays, hang_up_while_the_prompt_is_made, hang_up_while_the_prompt_plays]
)
async def test_a_hang_up_around_the_prompt_ends_the_question(asking: Asking, hang_up: Callable[..., object]) -> None:
    await hang_up(asking)  # type: ignore[misc]
    with pytest.raises(HungUp):
        await asking.answer()
    assert await other_tasks() <= {asking.pumping}


async def cancelled_while_the_prompt_is_made(asking: Asking) -> None:
    asking.voice.ready.clear()
    asking.put(question(), "a", "b")
    await asking.line.turn()


async def cancelled_while_the_prompt_plays(asking: Asking) -> None:
    asking.put(question(), "a", "b")
    await asking.line.hears("a")


async def cancelled_while_keys_are_collected(asking: Asking) -> None:
    asking.put(question(FOUR_KEYS), "a", "b")
    await asking.line.hears("a")
    asking.line.press("1")
    await asking.line.turn()


@pytest.mark.parametrize(
    "reach",
    [cancelled_while_the_prompt_is_made, cancelled_while_the_prompt_plays, cancelled_while_keys_are_collected],
)
async def test_a_cancelled_question_falls_silent_and_leaves_no_task(
    asking: Asking, reach: Callable[..., object]
) -> None:
    await reach(asking)  # type: ignore[misc]
    assert asking.answering is not None
    asking.answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking.answering
    assert await other_tasks() == {asking.pumping}
    assert await asking.line.is_silent()


async def test_a_question_cancelled_in_the_middle_of_a_word_leaves_no_stream(
    hearing: Asking, recogniser: VoskRecogniser
) -> None:
    answering = hearing.put(question(), "a")
    await hearing.line.hears("a")
    hearing.line.send(silence(0.3) + spoken("да"))
    async with asyncio.timeout(LIMIT_SECONDS):
        while recogniser.open_streams == 0:
            await asyncio.sleep(0)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert recogniser.open_streams == 0
