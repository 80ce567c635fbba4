from __future__ import annotations

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import Heard, HearingFailed, NothingHeard
from tests.asr_models.speech_samples import silence, spoken
from tests.ivr.listening.conftest import CARD, MakeLine, heard_text


def press(line_listener: object, keys: str) -> None:
    for key in keys:
        line_listener.key_pressed(key)  # type: ignore[attr-defined]


async def test_keys_that_answer_alone_drop_what_was_said_and_stop_the_clock(
    make_line: MakeLine, recogniser: VoskRecogniser
) -> None:
    line = make_line(CARD)
    await line.send(silence(0.5) + spoken("двадцать два пять три"))
    assert recogniser.open_streams == 1

    line.listener.keys_touched()

    assert recogniser.open_streams == 0
    await line.send(silence(30))
    assert line.answer is None


async def test_keys_stand_in_their_place_among_the_words(make_line: MakeLine) -> None:
    line = make_line(CARD)

    await line.send(silence(0.5) + spoken("семьдесят семь восемьдесят девять") + silence(0.8))
    press(line.listener, "2253")
    await line.send(silence(1.0) + spoken("одиннадцать шестьдесят") + silence(0.6) + spoken("сорок пять") + silence(3))

    assert heard_text(line.answer) == "семьдесят семь восемьдесят девять, 2253, одиннадцать шестьдесят, сорок пять"


async def test_a_key_ends_the_word_before_it(make_line: MakeLine) -> None:
    line = make_line(CARD)

    await line.send(silence(0.5) + spoken("семьдесят семь"))
    press(line.listener, "89")
    await line.send(spoken("двадцать два") + silence(6))

    assert heard_text(line.answer) == "семьдесят семь, 89, двадцать два"


async def test_a_number_that_a_key_completes_is_taken_at_once(make_line: MakeLine) -> None:
    line = make_line(CARD)
    await line.send(silence(0.5) + spoken("семьдесят семь восемьдесят девять") + silence(0.8))
    said = line.seconds

    press(line.listener, "2253116045")
    await line.send(silence(3))

    assert heard_text(line.answer) == "семьдесят семь восемьдесят девять, 2253116045"
    assert line.seconds - said == pytest.approx(CARD.limits.complete_seconds, abs=0.1)
    assert line.listener.trailing_silence_seconds == pytest.approx(CARD.limits.complete_seconds, abs=0.1)


async def test_after_a_key_the_pause_between_keys_counts_as_well(make_line: MakeLine) -> None:
    line = make_line(CARD)
    await line.send(silence(0.5) + spoken("семьдесят семь") + silence(1.5))

    press(line.listener, "89")
    await line.send(silence(2.8))
    assert line.answer is None
    await line.send(silence(0.5))

    assert heard_text(line.answer) == "семьдесят семь, 89"


async def test_keys_alone_have_their_own_clock(make_line: MakeLine) -> None:
    line = make_line(CARD)

    press(line.listener, "7789")
    await line.send(silence(20))

    assert line.answer is None
    assert not line.listener.has_words


async def test_words_are_told_from_noise_and_keys(make_line: MakeLine) -> None:
    line = make_line(CARD)
    press(line.listener, "7")
    assert not line.listener.has_words

    await line.send(silence(0.5) + spoken("семьдесят семь") + silence(0.5))

    assert line.listener.has_words


async def test_the_closing_key_ends_the_number_without_a_pause(make_line: MakeLine) -> None:
    line = make_line(CARD)
    await line.send(silence(0.5) + spoken("семьдесят семь"))
    press(line.listener, "89")

    line.listener.number_ended()
    await line.settle()

    assert heard_text(line.answer) == "семьдесят семь, 89"


async def test_the_closing_key_waits_for_the_last_word(make_line: MakeLine) -> None:
    line = make_line(CARD)
    press(line.listener, "89")
    await line.send(silence(0.5) + spoken("семьдесят семь"))

    line.listener.number_ended()
    await line.settle()

    assert heard_text(line.answer) == "89, семьдесят семь"


async def test_a_number_closed_before_it_began_is_nothing(make_line: MakeLine) -> None:
    line = make_line(CARD)

    line.listener.number_ended()
    await line.settle()

    assert line.answer == NothingHeard()


async def test_a_closed_number_needs_no_recogniser(make_line: MakeLine) -> None:
    line = make_line(CARD, hears_with=None)
    press(line.listener, "7789")

    line.listener.number_ended()
    await line.settle()

    assert line.answer == Heard("7789")


async def test_keys_pressed_after_hearing_failed_change_nothing(make_line: MakeLine) -> None:
    slow = VoskRecogniser(HearingSettings(threads=1, backlog_seconds=0.1))
    line = make_line(CARD, prompt_ended=False, hears_with=slow)
    await line.send(silence(0.5) + spoken("семь") + silence(1))

    press(line.listener, "7")
    line.listener.number_ended()
    line.listener.prompt_ended()
    await line.settle()

    assert line.answer == HearingFailed()
    await slow.close()
