"""The read-back of a number is heard by the real recogniser: yes and no first, then corrections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from asr_models.port import PhraseList, Recogniser
from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.steps.collect import Collect
from dialogs.engine.vocabulary import Question
from dialogs.grammar import yes_no
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from ivr.listening.second_look import SecondLook, _QuestionWords, with_second_look
from tests.asr_models.speech_samples import silence, spoken


def read_back() -> Question:
    step = load_bundle(BUNDLED_FOLDER).flows["find_customer"].steps["card"]
    assert isinstance(step, Collect)
    assert step.read_back is not None
    return step.read_back.question


READ_BACK = read_back()


def anything_else() -> Question:
    step = next(iter(load_bundle(BUNDLED_FOLDER).flows["pattern_completed"].steps.values()))
    assert isinstance(step, Collect)
    return step.asking.question


ANYTHING_ELSE = anything_else()


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    vosk = VoskRecogniser(HearingSettings(threads=1, final_limit_seconds=10.0))
    yield vosk
    assert vosk.open_streams == 0
    await vosk.close()


async def heard(recogniser: Recogniser, said: str, question: Question = READ_BACK) -> str:
    stream = recogniser.open_stream(PhraseList(question.phrases))
    stream.feed(silence(0.3) + spoken(said) + silence(0.3))
    return (await stream.finish()).text


@pytest.mark.parametrize("said", ["да", "нет", "верно", "неверно", "оператора пожалуйста"])
async def test_plain_answers_are_heard_by_their_own_list(recogniser: VoskRecogniser, said: str) -> None:
    assert await heard(SecondLook(recogniser, READ_BACK), said) == said


@pytest.mark.parametrize("said", ["нет не семнадцать а двадцать пять", "вторая группа двадцать пять семьдесят три"])
async def test_a_correction_is_heard_at_the_second_look(recogniser: VoskRecogniser, said: str) -> None:
    assert await heard(SecondLook(recogniser, READ_BACK), said) == said


async def test_speech_of_something_else_stays_unknown(recogniser: VoskRecogniser) -> None:
    assert "[unk]" in await heard(SecondLook(recogniser, READ_BACK), "подождите мне на кухне кастрюлю снять надо")


async def test_a_wish_beside_the_question_is_heard_as_free_speech(recogniser: VoskRecogniser) -> None:
    said = await heard(SecondLook(recogniser, ANYTHING_ELSE), "хочу заблокировать карту", ANYTHING_ELSE)
    assert "заблокировать" in said.split()


def card_to_block() -> Question:
    steps = (step for flow in load_bundle(BUNDLED_FOLDER).flows.values() for step in flow.steps.values())
    return next(step.asking.question for step in steps if isinstance(step, Collect) and step.slot == "block_confirmed")


@pytest.mark.parametrize("voice", ["ru", "ru+f2", "ru+f3", "ru+m3", "ru+m5", "ru+klatt2"])
@pytest.mark.parametrize(
    "said", ["подождите а сколько у меня баллов", "погодите где моя скидка", "подождите я ищу очки"]
)
async def test_talk_that_the_list_takes_for_its_own_words_confirms_nothing(
    recogniser: VoskRecogniser, said: str, voice: str
) -> None:
    confirm = card_to_block()
    stream = SecondLook(recogniser, confirm).open_stream(PhraseList(confirm.phrases))
    stream.feed(silence(0.3) + spoken(said, voice=voice) + silence(0.3))
    assert yes_no.parse((await stream.finish()).text) is None


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("да", False),
        ("да верно", False),
        ("нет нет", False),
        ("да [unk]", True),
        ("подождите так отмени правильно", True),
        ("подождите", False),  # a command by itself, no yes and no no
    ],
)
def test_a_yes_is_doubtful_beside_any_other_words(text: str, doubtful: bool) -> None:
    assert _QuestionWords(card_to_block()).is_doubtful(text) is doubtful


async def test_a_closed_question_hears_nothing_beside_its_list(recogniser: VoskRecogniser) -> None:
    closed = replace(ANYTHING_ELSE, digressions=False)
    assert with_second_look(recogniser, closed) is recogniser
    assert "[unk]" in await heard(recogniser, "хочу заблокировать карту", closed)


async def test_a_stream_may_be_thrown_away_at_any_time(recogniser: VoskRecogniser) -> None:
    stream = SecondLook(recogniser, READ_BACK).open_stream(PhraseList(READ_BACK.phrases))
    stream.feed(silence(0.3))
    stream.cancel()
    stream.cancel()


def test_questions_without_corrections_have_no_second_look() -> None:
    assert with_second_look(None, READ_BACK) is None
