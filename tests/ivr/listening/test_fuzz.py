"""Whatever comes down the line, a listener answers by its limits and leaves the recogniser healthy."""

from __future__ import annotations

import asyncio
import random

import numpy as np
import pytest

from asr_models.vosk_engine import VoskRecogniser
from dialogs.engine.vocabulary import Heard, ListenLimits, NothingHeard
from tests.asr_models.speech_samples import mixed, noise, silence, spoken, tones
from tests.ivr.listening.conftest import CARD, MENU, YES_NO, MakeLine, heard_text, question

LIMITS = ListenLimits(start_seconds=2.0, incomplete_seconds=0.6, max_seconds=4.0)
OPEN = question(free_speech=True, limits=LIMITS)
QUESTIONS = (YES_NO, MENU, CARD, OPEN)
KEYS_HZ = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477)]
SEEDS = range(6)


def music(seconds: float, dice: random.Random) -> bytes:
    """Chords of sines that change four times a second."""
    scale = [220.0 * 2 ** (step / 12) for step in (0, 2, 4, 5, 7, 9, 11, 12)]
    return b"".join(
        tones(tuple(int(hertz) for hertz in dice.sample(scale, 3)), 0.25, level_db=dice.uniform(-30, -12))
        for _ in range(round(4 * seconds))
    )


def any_sound(dice: random.Random) -> bytes:
    """Choose a sound that a telephone may carry."""
    seconds = dice.uniform(0.02, 1.5)
    seed = dice.randrange(1000)
    match dice.randrange(8):
        case 0:
            return silence(seconds)
        case 1:
            return noise(seconds, level_db=dice.uniform(-70, 0), seed=seed)
        case 2:
            return tones(dice.choice(KEYS_HZ), seconds / 5, level_db=dice.uniform(-30, -3))
        case 3:
            return music(seconds, dice)
        case 4:
            return tones((425,), seconds, level_db=-10)
        case 5:  # a square wave at full scale
            period = np.repeat([32767, -32768], dice.randrange(1, 200))
            return np.resize(period, int(8000 * seconds)).astype("<i2").tobytes()
        case 6:
            return dice.randbytes(2 * int(8000 * seconds))
        case _:
            speech = spoken(dice.choice(["да", "угу", "баланс", "пять шесть", "ерунда какая-то"]))
            return mixed(speech, noise(3, level_db=dice.uniform(-60, -20), seed=seed))


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_noise_is_answered_within_the_questions_limits(
    make_line: MakeLine, recogniser: VoskRecogniser, seed: int
) -> None:
    dice = random.Random(seed)
    asked = QUESTIONS[seed % len(QUESTIONS)]
    line = make_line(asked, prompt_ended=False)
    tasks_before = len(asyncio.all_tasks())
    for _ in range(dice.randrange(6)):
        await line.send(any_sound(dice))
        if dice.random() < 0.2 and asked is CARD:
            line.listener.key_pressed(dice.choice("0123456789"))
    line.listener.prompt_ended()
    begun = line.seconds

    while line.answer is None:
        await line.send(any_sound(dice))
        assert line.seconds - begun < asked.limits.start_seconds + asked.limits.max_seconds + 2.0

    assert isinstance(line.answer, Heard | NothingHeard)
    await line.listener.close()
    assert recogniser.open_streams == 0
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= tasks_before


async def test_after_all_that_a_word_is_understood_as_ever(make_line: MakeLine) -> None:
    dice = random.Random(99)
    spoiled = make_line(YES_NO, prompt_ended=False)
    for _ in range(8):
        await spoiled.send(any_sound(dice))
    line = make_line(YES_NO)

    await line.send(silence(0.5) + spoken("неверно") + silence(2))

    assert heard_text(line.answer) == "неверно"
