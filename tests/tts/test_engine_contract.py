"""What every speech engine must do, the fake of the unit tests included."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tts.port import SpeechEngine, SpeechError, TextRefused

SENTENCE = "На вашем счёте тысяча двести пятьдесят баллов."


async def test_a_sentence_is_spoken_as_audible_sound(engine: SpeechEngine) -> None:
    speech = await engine.synthesise(SENTENCE)

    assert speech.sample_rate_hz >= 16000
    assert 1.5 < speech.seconds < 6
    assert np.abs(np.frombuffer(speech.pcm16, "<i2").astype(int)).max() > 1000


async def test_a_longer_text_sounds_longer(engine: SpeechEngine) -> None:
    short = await engine.synthesise("Да.")
    long = await engine.synthesise(f"{SENTENCE} {SENTENCE}")

    assert long.seconds > 3 * short.seconds


async def test_texts_asked_for_at_once_are_all_spoken_whole(engine: SpeechEngine) -> None:
    texts = [f"На вашем счёте {number} баллов" for number in range(100, 110)]

    alone = [(await engine.synthesise(text)).seconds for text in texts]
    together = await asyncio.gather(*[engine.synthesise(text) for text in texts])

    assert [speech.seconds for speech in together] == pytest.approx(alone, rel=0.05)


@pytest.mark.parametrize("text", ["", "   ", "…!?", "\x00\x01\x02", "\ud83d", "<>[[]]"])
async def test_a_text_without_a_word_is_refused_at_once(engine: SpeechEngine, text: str) -> None:
    with pytest.raises(TextRefused):
        await engine.synthesise(text)


async def test_a_text_beyond_the_limit_is_refused(engine: SpeechEngine) -> None:
    with pytest.raises(TextRefused, match="longer than the limit"):
        await engine.synthesise("слово " * 5000)


@pytest.mark.parametrize(
    "text",
    [
        "при\x00вет",
        '<speak><break time="60s"/>привет</speak>',
        "[[p_:]] привет \\pause=10000\\",
        "а" * 2000,
        "1234567890" * 150,
        "привет\u202eтевирп \u0301\u0301\u0301",
        "привет \ud800 мир",
        "Р\u200bу\u00adб\u200dль 😀 ₽ № % & © ™",
        "\n\t привет \r\n",
    ],
    ids=lambda text: ascii(text)[:20],
)
async def test_a_strange_text_is_spoken_or_refused_and_the_next_one_is_spoken(engine: SpeechEngine, text: str) -> None:
    try:
        assert (await engine.synthesise(text)).seconds < 400
    except SpeechError as error:
        assert str(error)

    assert (await engine.synthesise(SENTENCE)).seconds > 1


async def test_a_closed_engine_refuses_and_may_be_closed_again(engine: SpeechEngine) -> None:
    await engine.synthesise(SENTENCE)

    await engine.close()
    await engine.close()

    with pytest.raises(SpeechError):
        await engine.synthesise(SENTENCE)
