"""Other people talk on behind the caller: the line must not wait until they are done."""

from __future__ import annotations

import pytest

from asr_models.caller_level import CallerLevel
from asr_models.port import SAMPLE_RATE_HZ
from dialogs.engine.vocabulary import NothingHeard
from dialogs.grammar.words import UNKNOWN
from tests.asr_models.speech_samples import crowd, mixed, silence, spoken
from tests.ivr.listening.conftest import CARD, CARD_GROUPS, MENU, YES_NO, MakeLine, heard_text

SPEECH_DB = -22.0


def said_in_crowd(*parts: str, behind_db: float) -> tuple[bytes, float]:
    """Return the caller's audio and when their last word ends; seconds of silence follow."""
    speech = silence(1.5) + silence(0.9).join(spoken(part, level_db=SPEECH_DB) for part in parts)
    whole = speech + silence(15)
    return mixed(whole, crowd(len(whole) / 2 / SAMPLE_RATE_HZ, level_db=SPEECH_DB - behind_db)), len(
        speech
    ) / 2 / SAMPLE_RATE_HZ


@pytest.mark.parametrize("behind_db", [12, 16])
@pytest.mark.parametrize("word", ["да", "нет"])
async def test_a_short_answer_is_taken_though_others_talk_on(make_line: MakeLine, word: str, behind_db: float) -> None:
    audio, end_seconds = said_in_crowd(word, behind_db=behind_db)
    line = make_line(YES_NO)

    await line.send(audio)

    assert heard_text(line.answer).split()[-1] == word
    assert line.seconds < end_seconds + 1.5


async def test_a_whole_number_is_taken_though_others_talk_on(make_line: MakeLine) -> None:
    audio, end_seconds = said_in_crowd(*CARD_GROUPS, behind_db=16)
    line = make_line(CARD)

    await line.send(audio)

    assert heard_text(line.answer).replace(",", "") == " ".join(CARD_GROUPS)
    assert line.seconds < end_seconds + 1.5


@pytest.mark.parametrize("behind_db", [12, 16])
async def test_half_a_number_is_asked_about_though_others_talk_on(make_line: MakeLine, behind_db: float) -> None:
    audio, end_seconds = said_in_crowd(*CARD_GROUPS[:2], behind_db=behind_db)
    line = make_line(CARD)

    await line.send(audio)

    assert heard_text(line.answer).replace(",", "") == " ".join(CARD_GROUPS[:2])
    assert end_seconds + 2 < line.seconds < end_seconds + 5


@pytest.mark.parametrize("said", ["да", "проверить баланс", "баланс"])
async def test_a_crowd_that_was_heard_before_the_caller_is_not_taken_for_them(make_line: MakeLine, said: str) -> None:
    caller = CallerLevel()
    asked = YES_NO if said == "да" else MENU
    greeted = make_line(asked, caller=caller, prompt_ended=False)
    await greeted.send(crowd(8, level_db=SPEECH_DB - 14))
    audio, end_seconds = said_in_crowd(said, behind_db=14)
    line = make_line(asked, caller=caller)

    await line.send(audio)

    assert heard_text(line.answer) == said
    assert line.seconds < end_seconds + 3


async def test_what_the_crowd_said_before_the_caller_is_no_part_of_their_number(make_line: MakeLine) -> None:
    talk = "пять шесть девять пять восемь"
    audio = said_in_crowd(*CARD_GROUPS, behind_db=16)[0]
    behind = spoken(f"{talk} {talk}", level_db=SPEECH_DB - 16)
    line = make_line(CARD)

    await line.send(silence(0.3) + behind + audio)

    assert heard_text(line.answer).replace(",", "") == " ".join(CARD_GROUPS)


@pytest.mark.parametrize("said", ["да", "синхрофазотрон перегревается"])
async def test_nobody_waits_for_a_crowd_nearly_as_loud_as_the_caller(make_line: MakeLine, said: str) -> None:
    """At 8 dB what was said may be lost among the others: then it is asked for again."""
    audio, end_seconds = said_in_crowd(said, behind_db=8)
    line = make_line(YES_NO)

    await line.send(audio)

    assert heard_text(line.answer)
    assert line.seconds < end_seconds + 8


async def test_half_a_number_is_asked_about_in_a_loud_crowd(make_line: MakeLine) -> None:
    audio, end_seconds = said_in_crowd(*CARD_GROUPS[:2], behind_db=8)
    line = make_line(CARD)

    await line.send(audio)

    assert " ".join(CARD_GROUPS[:2]) in heard_text(line.answer).replace(",", "")
    assert line.seconds < end_seconds + 10


async def test_who_talks_of_something_else_is_asked_again_before_they_are_done(make_line: MakeLine) -> None:
    talk = "понимаете вчера приехала невестка и привезла варенье а соседка заболела и попросила полить цветы"
    line = make_line(YES_NO)

    await line.send(silence(1) + spoken(f"{talk} {talk} {talk}", level_db=SPEECH_DB))

    assert UNKNOWN in heard_text(line.answer)
    assert line.seconds < 12


async def test_who_says_nothing_is_asked_again_though_others_talk_on(make_line: MakeLine) -> None:
    caller = CallerLevel()
    audio, _ = said_in_crowd("заблокировать карту", behind_db=16)
    await make_line(MENU, caller=caller).send(audio)

    line = make_line(YES_NO, caller=caller)
    await line.send(crowd(15, level_db=SPEECH_DB - 16))

    assert isinstance(line.answer, NothingHeard)
    assert line.seconds < YES_NO.limits.start_seconds + 1


async def test_a_caller_who_speaks_lower_than_before_is_heard(make_line: MakeLine) -> None:
    caller = CallerLevel()
    await make_line(YES_NO, caller=caller).send(silence(0.5) + spoken("верно", level_db=-18) + silence(2))

    line = make_line(YES_NO, caller=caller)
    await line.send(silence(1) + spoken("нет", level_db=-36) + silence(3))

    assert heard_text(line.answer) == "нет"


async def test_speech_outside_the_list_is_answered_though_others_talk_on(make_line: MakeLine) -> None:
    audio, end_seconds = said_in_crowd("синхрофазотрон перегревается", behind_db=16)
    line = make_line(YES_NO)

    await line.send(audio)

    assert heard_text(line.answer) == "[unk]"
    assert line.seconds < end_seconds + 3
