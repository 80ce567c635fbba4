from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import HearingFailed, ListenLimits, NothingHeard
from ivr.listening.settings import ListeningSettings
from tests.asr_models.speech_samples import noise, silence, spoken
from tests.ivr.listening.conftest import CARD, YES_NO, MakeLine, heard_text, question


async def test_silence_is_nothing_heard_when_its_time_is_over(make_line: MakeLine) -> None:
    line = make_line(YES_NO)

    await line.send(silence(10))

    assert line.answer == NothingHeard()
    assert line.seconds == pytest.approx(YES_NO.limits.start_seconds)


async def test_the_no_input_clock_starts_when_the_prompt_ends(make_line: MakeLine) -> None:
    line = make_line(YES_NO, prompt_ended=False)

    await line.send(silence(9))
    assert line.answer is None
    line.listener.prompt_ended()
    await line.send(silence(9))

    assert line.answer == NothingHeard()
    assert line.seconds == pytest.approx(9 + YES_NO.limits.start_seconds)


async def test_noise_without_words_is_nothing_heard(make_line: MakeLine) -> None:
    line = make_line(YES_NO)

    await line.send(noise(10, level_db=-35))

    assert line.answer == NothingHeard()


async def test_without_a_recogniser_only_time_passes(make_line: MakeLine) -> None:
    line = make_line(YES_NO, hears_with=None)

    await line.send(silence(1) + spoken("да") + silence(10))

    assert line.answer == NothingHeard()


async def test_a_question_for_keys_only_opens_no_stream(make_line: MakeLine, recogniser: VoskRecogniser) -> None:
    line = make_line(question())

    await line.send(silence(0.5) + spoken("да"))

    assert recogniser.open_streams == 0


async def test_time_passes_even_when_frames_stop_coming(make_line: MakeLine) -> None:
    limits = ListenLimits(start_seconds=0.2, max_seconds=1)
    line = make_line(question("да", limits=limits), settings=ListeningSettings(missing_frames_seconds=0.02))

    assert await line.answering == NothingHeard()


async def test_a_line_that_stalls_in_the_middle_of_a_word_still_answers(make_line: MakeLine) -> None:
    limits = ListenLimits(start_seconds=2, max_seconds=4)
    line = make_line(question("да", limits=limits), settings=ListeningSettings(missing_frames_seconds=0.05))

    await line.send(silence(0.3) + spoken("да"))

    assert heard_text(await line.answering) == "да"


async def test_a_recogniser_with_no_place_left_is_hearing_failed(
    make_line: MakeLine, recogniser: VoskRecogniser
) -> None:
    full = VoskRecogniser(HearingSettings(threads=1, max_streams=1))
    line = make_line(YES_NO, hears_with=full)
    taken = make_line(YES_NO, hears_with=full)
    await taken.send(silence(0.5) + spoken("да"))

    await line.send(silence(0.5) + spoken("да"))

    assert line.answer == HearingFailed()
    await taken.listener.close()
    await full.close()


async def test_a_recogniser_that_falls_behind_is_hearing_failed(make_line: MakeLine) -> None:
    slow = VoskRecogniser(HearingSettings(threads=1, backlog_seconds=0.1))
    line = make_line(YES_NO, hears_with=slow)

    await line.send(silence(0.5) + spoken("да") + silence(1))

    assert line.answer == HearingFailed()
    assert slow.open_streams == 0
    await slow.close()


async def test_a_failure_during_the_prompt_waits_for_its_end(make_line: MakeLine) -> None:
    slow = VoskRecogniser(HearingSettings(threads=1, backlog_seconds=0.1))
    line = make_line(YES_NO, prompt_ended=False, hears_with=slow)

    await line.send(silence(0.5) + spoken("да") + silence(1))
    assert line.answer is None
    line.listener.prompt_ended()
    await line.settle()

    assert line.answer == HearingFailed()
    await slow.close()


async def test_a_fault_in_judging_the_answer_is_hearing_failed(make_line: MakeLine) -> None:
    line = make_line(replace(CARD, digit_check="no such rule"))

    await line.send(silence(0.5) + spoken("пять") + silence(1))

    assert line.answer == HearingFailed()


async def test_closing_in_the_middle_of_speech_leaves_no_stream(
    make_line: MakeLine, recogniser: VoskRecogniser
) -> None:
    line = make_line(YES_NO)
    await line.send(silence(0.5) + spoken("неверно")[:4000])
    assert recogniser.open_streams == 1

    await line.listener.close()
    await line.listener.close()

    assert recogniser.open_streams == 0
    assert await line.answering == NothingHeard()


async def test_cancelling_the_wait_for_an_answer_leaves_the_listener_whole(make_line: MakeLine) -> None:
    line = make_line(YES_NO)
    other = asyncio.create_task(line.listener.answer())
    await asyncio.sleep(0)
    other.cancel()

    await line.send(silence(0.5) + spoken("да") + silence(2))

    assert other.cancelled()
    assert heard_text(line.answer) == "да"


async def test_many_listeners_at_once_each_hear_their_own_caller(make_line: MakeLine) -> None:
    words = ("да", "нет", "верно", "неверно") * 3
    lines = [make_line(YES_NO) for _ in words]

    await asyncio.gather(
        *(line.send(silence(0.5) + spoken(word) + silence(2)) for line, word in zip(lines, words, strict=True))
    )

    assert [heard_text(line.answer) for line in lines] == list(words)
