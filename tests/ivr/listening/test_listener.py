from __future__ import annotations

import asyncio

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import AnswerKind, Heard, HearingFailed, ListenLimits, NothingHeard
from ivr.listening.settings import ListeningSettings
from tests.asr_models.speech_samples import DIGIT_PHRASES, mixed, noise, silence, spoken
from tests.ivr.listening.conftest import YES_NO, MakeLine, question

MENU = question("проверить баланс", "баланс", "заблокировать карту", "активировать карту", "оператор", "повторите")
CARD_GROUPS = ("семьдесят семь восемьдесят девять", "двадцать два пять три", "одиннадцать шестьдесят", "сорок пять")
CARD = question(
    *DIGIT_PHRASES,
    "оператор",
    answer=AnswerKind.DIGITS,
    limits=ListenLimits(start_seconds=7, complete_seconds=0.2, incomplete_seconds=1.2, max_seconds=40),
)


def whole_card(text: str) -> bool:
    return text == " ".join(CARD_GROUPS)


def heard_text(answer: object) -> str:
    assert isinstance(answer, Heard), answer
    return answer.text


# ---- answers ----------------------------------------------------------------------------------------------------


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
    line = make_line(CARD, whole_card)
    dictation = b"".join(spoken(group) + silence(1.5) for group in CARD_GROUPS[:-1]) + spoken(CARD_GROUPS[-1])

    await line.send(silence(1.0) + dictation + silence(4))

    assert heard_text(line.answer) == " ".join(CARD_GROUPS)
    assert line.seconds < 1.0 + len(dictation) / 16000 + 0.6  # and once it is whole, nobody waits


async def test_a_number_with_digits_missing_ends_after_a_long_pause(make_line: MakeLine) -> None:
    line = make_line(CARD, whole_card)

    await line.send(silence(0.5) + spoken(CARD_GROUPS[0]) + silence(6))

    assert heard_text(line.answer) == CARD_GROUPS[0]
    assert 2.0 < line.listener.trailing_silence_seconds < 2.7


async def test_an_aside_between_two_groups_is_not_part_of_the_number(make_line: MakeLine) -> None:
    line = make_line(CARD, lambda text: text == "двадцать два пять три сорок пять")

    await line.send(
        silence(0.5)
        + spoken("двадцать два пять три")
        + silence(0.6)
        + spoken("минуточку")
        + silence(0.6)
        + spoken("сорок пять")
    )
    await line.send(silence(4))

    assert heard_text(line.answer) == "двадцать два пять три сорок пять"


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

    assert heard_text(line.answer) == "неверно"


async def test_nobody_talks_longer_than_the_questions_limit(make_line: MakeLine) -> None:
    limits = ListenLimits(start_seconds=3, max_seconds=4)
    line = make_line(question("да", "нет", limits=limits))

    await line.send(silence(0.5) + spoken("синхрофазотрон перегревается и всё время гудит под столом " * 4))

    assert heard_text(line.answer) == "[unk]"
    assert line.seconds < 0.5 + 4 + 1


# ---- silence and noise ------------------------------------------------------------------------------------------


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


# ---- barge-in ---------------------------------------------------------------------------------------------------


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


# ---- keys -------------------------------------------------------------------------------------------------------


async def test_keys_drop_what_was_said_and_stop_the_clock(make_line: MakeLine, recogniser: VoskRecogniser) -> None:
    line = make_line(CARD, whole_card)
    await line.send(silence(0.5) + spoken("двадцать два пять три"))
    assert recogniser.open_streams == 1

    line.listener.keys_touched()

    assert recogniser.open_streams == 0
    await line.send(silence(30))
    assert line.answer is None


# ---- failure and clean-up ---------------------------------------------------------------------------------------


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
    def faulty(text: str) -> bool:
        raise ZeroDivisionError(text)

    line = make_line(YES_NO, faulty)

    await line.send(silence(0.5) + spoken("да") + silence(1))

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
