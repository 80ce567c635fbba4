from __future__ import annotations

import asyncio

import pytest

from dialogs.engine.vocabulary import NothingHeard
from tests.asr_models.speech_samples import noise, silence, spoken
from tests.ivr.listening.conftest import MENU, MakeLine, heard_text, question


async def test_words_barge_in_and_are_kept_as_the_answer(make_line: MakeLine) -> None:
    line = make_line(MENU, prompt_ended=False)
    barged_in = asyncio.create_task(line.listener.barged_in())

    await line.send(silence(1) + spoken("заблокировать карту"))
    await barged_in
    line.listener.prompt_ended()
    await line.send(silence(3))

    assert heard_text(line.answer) == "заблокировать карту"


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
