from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import NothingHeard
from ivr.listening.background import Background
from ivr.listening.question_grammar import QuestionGrammar
from ivr.listening.settings import BargeInSettings
from tests.asr_models.speech_samples import crowd, frames, noise, silence, spoken
from tests.ivr.listening.conftest import MENU, UNHURRIED, YES_NO, MakeLine, heard_text, question


async def test_words_barge_in_and_are_kept_as_the_answer(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + spoken("заблокировать карту"))
    await barged_in
    line.listener.prompt_ended()
    await line.send(silence(3))

    assert heard_text(line.answer) == "заблокировать карту"


async def test_another_wish_barges_in_where_wishes_are_heard(make_line: MakeLine) -> None:
    line = make_line(replace(YES_NO, digressions=True), prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + spoken("а сколько у меня баллов на карте") + silence(1))
    async with asyncio.timeout(5):
        await barged_in
    line.listener.prompt_ended()
    await line.send(silence(3))

    assert "баллов" in heard_text(line.answer)


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("сколько у меня баллов", True),
        ("сколько баллов", False),  # two words may be any noise
        ("[unk] сколько у меня баллов", False),
        ("карту проверить карту", False),  # words of the list that make no phrase of it
        ("угу ага да", False),
    ],
)
def test_words_outside_the_list_are_a_wish_only_when_there_are_several(text: str, tells: bool) -> None:
    listened_for = replace(MENU, digressions=True)
    backchannels = BargeInSettings().backchannels
    assert QuestionGrammar(listened_for, backchannels).tells(text) is tells
    assert not QuestionGrammar(replace(listened_for, digressions=False), backchannels).tells(text)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(spoken("угу"), id="угу"),
        pytest.param(spoken("ага"), id="ага"),
        pytest.param(spoken("синхрофазотрон"), id="unknown word"),
        pytest.param(noise(0.3, level_db=-15), id="cough"),
        pytest.param(noise(2.0, level_db=-40), id="noise"),
    ],
)
async def test_what_carries_no_word_of_the_question_leaves_the_prompt_alone(make_line: MakeLine, sound: bytes) -> None:
    line = make_line(question(*MENU.phrases, "угу", "ага"), prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + sound + silence(2))

    assert not barged_in.done()
    assert line.answer is None
    barged_in.cancel()


async def test_sounds_made_during_the_prompt_are_no_answer_after_it(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)

    await line.send(silence(1) + spoken("синхрофазотрон") + silence(1))
    line.listener.prompt_ended()
    await line.send(silence(10))

    assert line.answer == NothingHeard()


async def test_without_barge_in_what_is_said_into_the_prompt_is_lost(make_line: MakeLine) -> None:
    line = make_line(question("да", "нет", barge_in=False), prompt_ended=False)

    await line.send(silence(1) + spoken("да") + silence(1))
    line.listener.prompt_ended()
    await line.send(silence(0.5) + spoken("нет") + silence(2))

    assert heard_text(line.answer) == "нет"


async def test_an_answer_begun_over_the_prompts_last_sound_keeps_its_beginning(make_line: MakeLine) -> None:
    line = make_line(question("неверно", "верно", barge_in=False), prompt_ended=False)
    speech = spoken("неверно")
    early = 320 * 8

    await line.send(silence(1) + speech[:early])
    line.listener.prompt_ended()
    await line.send(speech[early:] + silence(2))

    assert heard_text(line.answer) == "неверно"


# ---- holding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["баланс", "оператор", "заблокировать карту"])
@pytest.mark.parametrize("voice", ["ru", "ru+f2", "ru+m3"])
async def test_the_first_sounds_of_a_word_hold_the_prompt(make_line: MakeLine, word: str, voice: str) -> None:
    line = make_line(MENU, prompt_ended=False)

    await line.send(silence(1.2) + spoken(word, voice=voice)[: 320 * 10])

    assert line.prompt.deeds == ["held"]


async def test_a_word_of_the_question_ends_a_prompt_that_was_held(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + spoken("баланс") + silence(0.5))
    await barged_in

    assert line.prompt.deeds == ["held"]


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(spoken("угу"), id="угу"),
        pytest.param(spoken("ага"), id="ага"),
        pytest.param(spoken("алло"), id="алло"),
        pytest.param(noise(0.3, level_db=-15), id="clatter"),
    ],
)
async def test_a_prompt_held_for_nothing_goes_on(make_line: MakeLine, sound: bytes) -> None:
    line = make_line(question(*MENU.phrases, "угу", "ага"), prompt_ended=False)

    await line.send(silence(1) + sound + silence(0.5))

    assert line.prompt.deeds in ([], ["held", "went on"])


async def test_words_that_mean_nothing_to_the_question_do_not_stop_its_prompt(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + spoken("карту") + silence(1))

    assert line.prompt.deeds == ["held", "went on"]
    assert not barged_in.done()
    barged_in.cancel()


async def test_a_prompt_is_not_held_for_ever_by_a_voice_that_says_nothing(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    aside = spoken("синхрофазотрон перегревается и всё время гудит под столом " * 2)

    await line.send(silence(1) + aside[: 16000 * 5])

    assert line.prompt.deeds[:2] == ["held", "went on"]


async def test_after_two_holds_for_nothing_only_words_stop_the_prompt(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    for level_db in (-30.0, -25.0, -20.0, -15.0):
        await line.send(silence(3.5) + spoken("угу", level_db=level_db) + silence(0.5))
    assert line.prompt.deeds == ["held", "went on"] * 2
    await line.send(silence(1) + spoken("оператор", level_db=-15) + silence(0.5))

    assert line.prompt.deeds == ["held", "went on"] * 2
    assert barged_in.done()


async def test_people_talking_in_the_background_do_not_hold_the_prompt(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)

    await line.send(crowd(10, level_db=-35))

    assert line.prompt.deeds == []


async def test_what_is_known_of_the_background_is_kept_for_the_next_question(make_line: MakeLine) -> None:
    background = Background()
    radio = spoken("так вот она мне и говорит что завтра приедет и привезёт всё", level_db=-35)
    await make_line(YES_NO, prompt_ended=False, background=background).send(radio)

    line = make_line(YES_NO, prompt_ended=False, background=background)
    await line.send(radio[:16000])

    assert line.prompt.deeds == []


async def test_holds_can_be_switched_off(make_line: MakeLine) -> None:
    words_only = UNHURRIED.model_copy(update={"barge_in": BargeInSettings(false_holds=0)})
    line = make_line(MENU, prompt_ended=False, settings=words_only)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + spoken("заблокировать карту") + silence(0.5))

    assert line.prompt.deeds == []
    assert barged_in.done()


async def test_a_prompt_held_while_hearing_fails_goes_on(make_line: MakeLine) -> None:
    slow = VoskRecogniser(HearingSettings(threads=1, backlog_seconds=0.5))
    line = make_line(MENU, prompt_ended=False, hears_with=slow)
    await line.send(silence(1.2))
    for frame in frames(spoken("заблокировать карту")):  # faster than it can be decoded
        line.listener.hear(frame)
    await line.settle()

    assert line.prompt.deeds == ["held", "went on"]
    assert line.answer is None
    await slow.close()


async def test_without_barge_in_nothing_holds_the_prompt(make_line: MakeLine) -> None:
    line = make_line(question("да", "нет", barge_in=False), prompt_ended=False)

    await line.send(silence(1) + spoken("да") + silence(0.5))

    assert line.prompt.deeds == []


async def test_what_is_no_louder_than_the_echo_holds_nothing(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)

    await line.send(silence(1) + spoken("баланс", level_db=-30) + silence(0.5), echo_db=-15)

    assert line.prompt.deeds == []


async def test_a_prompt_that_is_over_is_not_held(make_line: MakeLine) -> None:
    line = make_line(MENU)

    await line.send(silence(1) + spoken("баланс") + silence(1))

    assert line.prompt.deeds == []
    assert heard_text(line.answer) == "баланс"


async def test_in_the_first_second_of_a_call_only_words_stop_the_prompt(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(0.4) + spoken("оператор") + silence(0.5))

    assert line.prompt.deeds == []
    assert barged_in.done()
