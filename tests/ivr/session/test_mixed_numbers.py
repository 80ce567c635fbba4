"""A number that is said and pressed by turns: the real recogniser hears it, the keys come in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import (
    AnswerKind,
    Heard,
    HearingFailed,
    KeyEntry,
    KeysPressed,
    ListenLimits,
    NothingHeard,
    Question,
)
from tests.asr_models.speech_samples import DIGIT_PHRASES, silence, spoken
from tests.ivr.session.scripted_line import other_tasks
from tests.ivr.session.test_asking import Asking

KEYS = KeyEntry(max_keys=8, end_key="#", inter_key_seconds=30.0)
QUICK_KEYS = KeyEntry(max_keys=8, end_key="#", inter_key_seconds=0.2)
LIMITS = ListenLimits(start_seconds=2.0, complete_seconds=0.2, incomplete_seconds=1.2, max_seconds=20.0)


def number(keys: KeyEntry = KEYS, lengths: tuple[int, ...] = (8,)) -> Question:
    return Question("test/number", AnswerKind.DIGITS, DIGIT_PHRASES, LIMITS, keys, digit_lengths=lengths)


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    vosk = VoskRecogniser(HearingSettings(threads=1))
    yield vosk
    assert vosk.open_streams == 0, "the question left a stream open"
    await vosk.close()


@pytest.fixture
async def asking(recogniser: VoskRecogniser) -> AsyncIterator[Asking]:
    asking = Asking(recogniser)
    yield asking
    await asking.end()
    assert await other_tasks() == set(), "the question left a task behind"


async def say(asking: Asking, recogniser: VoskRecogniser, text: str) -> None:
    """Say a group and let the recogniser understand it."""
    asking.line.send(silence(0.3) + spoken(text) + silence(0.8))
    await asking.line.turn()
    await recogniser.caught_up()
    await asking.line.turn()


async def test_voice_and_keys_make_one_number_in_the_order_in_which_they_came(
    asking: Asking, recogniser: VoskRecogniser
) -> None:
    asking.put(number(), "a")
    await asking.line.hears("a")
    await say(asking, recogniser, "семьдесят семь")
    asking.line.press("1203")
    await say(asking, recogniser, "сорок два")
    answer = await asking.answer()
    assert isinstance(answer.event, Heard)
    assert answer.event.text == "семьдесят семь, 1203, сорок два"
    assert answer.waiting_since is not None


async def test_a_zero_after_spoken_digits_is_a_digit(asking: Asking, recogniser: VoskRecogniser) -> None:
    answering = asking.put(number(), "a")
    await say(asking, recogniser, "семьдесят семь")
    asking.line.press("0")
    await asking.line.turn()
    assert not answering.done()
    asking.line.press("01234#")
    event = (await asking.answer()).event
    assert isinstance(event, Heard)
    assert event.text == "семьдесят семь, 001234"


async def test_a_lone_zero_before_any_word_calls_for_an_agent(asking: Asking) -> None:
    asking.put(number(), "a")
    await asking.line.hears("a")
    asking.line.press("0")
    assert (await asking.answer()).event == KeysPressed("0")


async def test_a_star_is_a_command_even_after_words(asking: Asking, recogniser: VoskRecogniser) -> None:
    asking.put(number(), "a")
    await say(asking, recogniser, "семьдесят семь")
    asking.line.press("*")
    assert (await asking.answer()).event == KeysPressed("*")


async def test_the_closing_key_ends_a_spoken_number_too(asking: Asking, recogniser: VoskRecogniser) -> None:
    asking.put(number(), "a")
    await say(asking, recogniser, "семьдесят семь")
    asking.line.press("#")
    event = (await asking.answer()).event
    assert isinstance(event, Heard)
    assert event.text == "семьдесят семь"


async def test_the_closing_key_waits_for_what_was_said_just_before(asking: Asking) -> None:
    asking.put(number(), "a")
    await asking.line.hears("a")
    asking.line.press("12")
    await asking.line.turn()
    asking.line.send(silence(0.3) + spoken("сорок два"))  # no pause, and not understood yet
    await asking.line.turn()
    asking.line.press("#")
    event = (await asking.answer()).event
    assert isinstance(event, Heard)
    assert event.text == "12, сорок два"


async def test_keys_alone_stay_keys(asking: Asking) -> None:
    asking.put(number(), "a")
    await asking.line.hears("a")
    asking.line.press("1234#")
    assert (await asking.answer()).event == KeysPressed("1234")


async def test_who_says_the_digits_while_pressing_them_has_pressed_them(
    asking: Asking, recogniser: VoskRecogniser
) -> None:
    asking.put(number(lengths=(4,), keys=KeyEntry(max_keys=4, end_key="#", inter_key_seconds=30.0)), "a")
    await say(asking, recogniser, "семь")
    asking.line.press("78")
    await say(asking, recogniser, "восемь")
    asking.line.press("90")
    assert (await asking.answer()).event == KeysPressed("7890")


async def test_a_pause_between_keys_does_not_end_a_number_that_is_being_said(
    asking: Asking, recogniser: VoskRecogniser
) -> None:
    answering = asking.put(number(QUICK_KEYS), "a")
    await say(asking, recogniser, "семьдесят семь")
    asking.line.press("12")
    await asyncio.sleep(0.5)  # real time: the keys' clock is no fake
    assert not answering.done()
    asking.line.press("34")
    await say(asking, recogniser, "сорок два")
    event = (await asking.answer()).event
    assert isinstance(event, Heard)
    assert event.text == "семьдесят семь, 1234, сорок два"


async def test_a_pause_ends_keys_alone(asking: Asking) -> None:
    asking.put(number(QUICK_KEYS), "a")
    asking.line.press("123")
    assert (await asking.answer()).event == KeysPressed("123")


async def test_silence_at_a_number_is_silence(asking: Asking) -> None:
    answering = asking.put(number(), "a")
    for _ in range(12):
        await asking.line.turn()
    asking.line.send(silence(2.2))
    assert (await asking.answer()).event == NothingHeard()
    assert answering.done()


async def test_keys_go_on_when_hearing_fails(asking: Asking, recogniser: VoskRecogniser) -> None:
    asking.put(number(QUICK_KEYS), "a")
    asking.line.press("12")
    await asking.line.turn()
    await recogniser.close()
    asking.line.send(silence(0.3) + spoken("семьдесят семь"))
    await asking.line.turn()
    event = (await asking.answer()).event
    assert event == KeysPressed("12")
    assert not isinstance(event, HearingFailed)
