"""What is heard behind a test caller for the whole of a call: people who talk on and on."""

from __future__ import annotations

import asyncio

import numpy as np

from ivr.softphone.caller_voice import EspeakCaller, EspeakVoice
from ivr.softphone.frames import SAMPLE_RATE_HZ

_ROUND_SECONDS = 30.0  # after that the same is heard again
_APART_SECONDS = 0.6  # so much later each of them begins
_PEOPLE = (
    (EspeakVoice("ru+f2", 150, 60), "Я ей вчера звонила, а она говорит, приеду только в субботу, представляешь?"),
    (EspeakVoice("ru+m3", 170, 40), "Возьми ещё хлеба и молока, а то опять придётся идти вечером за покупками."),
    (EspeakVoice("ru+f4", 140, 55), "Мам, ну когда мы уже пойдём, я устал стоять в очереди, тут так долго."),
    (EspeakVoice("ru+m1", 160, 45), "Он мне отвечает, что автобус сломался, поэтому все опоздали на полчаса."),
    (EspeakVoice("ru+f5", 180, 50), "Смотри, какие красивые цветы привезли, надо взять бабушке на праздник."),
    (EspeakVoice("ru+m7", 150, 35), "Погода завтра обещает быть хорошей, поедем за город, если никто не против."),
    (EspeakVoice("ru+f1", 165, 65), "Подержи, пожалуйста, пакет, мне нужно найти ключи от машины в сумке."),
    (EspeakVoice("ru+m5", 145, 30), "Эту книгу я читал ещё в школе, там в конце все остались живы и здоровы."),
)

MOST_PEOPLE = len(_PEOPLE)
CALLER_DBFS = -22.0
"""Level of a caller of `EspeakCaller` over the frames in which they speak."""


async def crowd(people: int, level_dbfs: float) -> bytes:
    """Let people talk at once: 30 s of 8 kHz 16-bit audio of that level as a whole.

    Raises:
        CallerVoiceFailed: espeak-ng is missing or failed.
    """
    spoken = await asyncio.gather(*(EspeakCaller(voice).speech(text) for voice, text in _PEOPLE[:people]))
    length = round(_ROUND_SECONDS * SAMPLE_RATE_HZ)
    together = np.zeros(length)
    for number, pcm16 in enumerate(spoken):
        talk = np.resize(np.frombuffer(pcm16, dtype=np.int16).astype(float), length)
        together += np.roll(talk, round(number * _APART_SECONDS * SAMPLE_RATE_HZ))
    together *= 32768 * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(together**2))
    return np.clip(together, -32768, 32767).astype(np.int16).tobytes()
