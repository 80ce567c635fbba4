from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.engine.vocabulary import AnswerKind, Heard, ListenLimits
from tests.asr_models.speech_samples import DIGIT_PHRASES, mixed, noise, silence, spoken
from tests.ivr.listening.conftest import CARD, CARD_GROUPS, MENU, YES_NO, MakeLine, heard_text, question


@pytest.mark.parametrize("word", ["да", "нет", "верно"])
async def test_a_yes_or_no_is_taken_at_the_first_pause(make_line: MakeLine, word: str) -> None:
    line = make_line(YES_NO)
    speech = silence(0.5) + spoken(word)

    await line.send(speech + silence(3))

    assert heard_text(line.answer) == word
    spoken_seconds = len(speech) / 16000
    assert line.seconds < spoken_seconds + YES_NO.limits.incomplete_seconds / 2
    assert 0.1 < line.listener.trailing_silence_seconds < 0.5


async def test_a_menu_phrase_is_heard(make_line: MakeLine) -> None:
    line = make_line(MENU)

    await line.send(silence(0.4) + spoken("проверить баланс") + silence(3))

    assert heard_text(line.answer) == "проверить баланс"


async def test_a_card_number_dictated_in_groups_is_never_cut(make_line: MakeLine) -> None:
    line = make_line(CARD)
    dictation = b"".join(spoken(group) + silence(1.5) for group in CARD_GROUPS[:-1]) + spoken(CARD_GROUPS[-1])

    await line.send(silence(1.0) + dictation + silence(4))

    assert heard_text(line.answer) == ", ".join(CARD_GROUPS)
    assert line.seconds < 1.0 + len(dictation) / 16000 + 0.6  # and once it is whole, nobody waits


async def test_a_number_with_digits_missing_ends_after_a_long_pause(make_line: MakeLine) -> None:
    line = make_line(CARD)

    await line.send(silence(0.5) + spoken(CARD_GROUPS[0]) + silence(6))

    assert heard_text(line.answer) == CARD_GROUPS[0]
    assert 2.0 < line.listener.trailing_silence_seconds < 2.7


async def test_noise_between_two_groups_is_not_part_of_the_number(make_line: MakeLine) -> None:
    line = make_line(replace(CARD, digit_lengths=(6,)))
    clatter = noise(0.25, level_db=-20)

    await line.send(
        silence(0.5) + spoken("двадцать два пять три") + silence(0.6) + clatter + silence(0.6) + spoken("сорок пять")
    )
    await line.send(silence(4))

    assert heard_text(line.answer) == "двадцать два пять три, сорок пять"


async def test_speech_outside_the_list_is_a_no_match_and_not_silence(make_line: MakeLine) -> None:
    line = make_line(YES_NO)

    await line.send(silence(0.5) + spoken("синхрофазотрон перегревается") + silence(4))

    assert heard_text(line.answer) == "[unk]"


async def test_the_answer_says_how_sure_it_is(make_line: MakeLine) -> None:
    line = make_line(MENU)

    await line.send(silence(0.4) + spoken("заблокировать карту") + silence(3))

    assert isinstance(line.answer, Heard)
    assert 0.5 < line.answer.confidence <= 1


async def test_an_answer_is_taken_through_steady_noise(make_line: MakeLine) -> None:
    line = make_line(YES_NO)
    speech = silence(1.5) + spoken("неверно", level_db=-20) + silence(3)

    await line.send(mixed(speech, noise(10, level_db=-45)))

    assert heard_text(line.answer).removeprefix("[unk] ") == "неверно"  # the noise before it may be unknown speech


async def test_nobody_talks_longer_than_the_questions_limit(make_line: MakeLine) -> None:
    limits = ListenLimits(start_seconds=3, max_seconds=4)
    line = make_line(question("да", "нет", limits=limits))

    await line.send(silence(0.5) + spoken("синхрофазотрон перегревается и всё время гудит под столом " * 4))

    assert heard_text(line.answer) == "[unk]"
    assert line.seconds < 0.5 + 4 + 1


async def test_a_pause_of_two_seconds_in_a_number_does_not_cut_it(make_line: MakeLine) -> None:
    line = make_line(CARD)
    dictation = (silence(2.0)).join(spoken(group) for group in CARD_GROUPS)

    await line.send(silence(1.0) + dictation + silence(4))

    assert heard_text(line.answer) == ", ".join(CARD_GROUPS)


async def test_an_open_question_is_heard_freely_and_ends_after_its_pause(make_line: MakeLine) -> None:
    limits = ListenLimits(incomplete_seconds=0.65)
    line = make_line(question(free_speech=True, limits=limits))

    await line.send(silence(0.5) + spoken("хочу заблокировать карту") + silence(3))

    assert "заблокировать" in heard_text(line.answer)
    assert line.listener.trailing_silence_seconds == pytest.approx(0.65, abs=0.1)


async def test_who_goes_on_just_before_a_complete_answer_is_taken_is_heard_out(make_line: MakeLine) -> None:
    asked = question(
        *DIGIT_PHRASES,
        answer=AnswerKind.DIGITS,
        limits=ListenLimits(complete_seconds=1.0, incomplete_seconds=2.0),
        digits=(4, 8),
    )
    line = make_line(asked)
    group = "восемьдесят пять тридцать семь"

    await line.send(silence(0.5) + spoken(group) + silence(0.92) + spoken(group) + silence(3))

    assert heard_text(line.answer).replace(",", "") == f"{group} {group}"
