"""Reading back what was said, with the bundled model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from asr_models.port import PhraseList
from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from ivr.softphone.caller_voice import EspeakCaller, EspeakVoice
from ivr.softphone.transcript import (
    TranscriptPhrases,
    contains_phrase,
    shown,
    transcribe_recording,
    transcript_phrases,
)


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    loaded = VoskRecogniser(HearingSettings(min_word_confidence=0.0))
    yield loaded
    await loaded.close()


async def said(recogniser: VoskRecogniser, text: str, phrases: TranscriptPhrases) -> str:
    voice = EspeakCaller(EspeakVoice(name="ru+f3"))
    audio = bytes(8000) + await voice.speech(text) + bytes(16000)
    return " ".join(piece.text for piece in await transcribe_recording(recogniser, audio, phrases))


@pytest.mark.parametrize("amount", ["пять баллов", "две тысячи пятьсот баллов", "девятьсот девяносто девять баллов"])
async def test_an_amount_is_read_back_and_no_other(recogniser: VoskRecogniser, amount: str) -> None:
    heard = await said(recogniser, f"Ваш баланс: {amount}.", transcript_phrases(["Ваш баланс: {n|points}."]))
    assert contains_phrase(heard, amount)
    assert not contains_phrase(heard, "шесть баллов|две тысячи четыреста баллов|девятьсот девяносто восемь баллов")


async def test_a_recording_is_cut_at_its_pauses(recogniser: VoskRecogniser) -> None:
    voice = EspeakCaller(EspeakVoice(name="ru+f3"))
    first, second = await voice.speech("баланс"), await voice.speech("оператор")
    audio = bytes(8000) + first + bytes(16000) + second + bytes(8000)
    pieces = await transcribe_recording(recogniser, audio, TranscriptPhrases(PhraseList(("баланс", "оператор"))))
    assert [piece.text for piece in pieces] == ["баланс", "оператор"]
    assert pieces[0].ended_at < pieces[1].started_at < len(audio) / 16000


async def test_silence_says_nothing(recogniser: VoskRecogniser) -> None:
    assert await transcribe_recording(recogniser, bytes(32000), transcript_phrases()) == []


def test_phrases_are_looked_for_as_whole_words_in_order() -> None:
    heard = "[unk] баланс тысяча двести [unk] пятьдесят баллов ещё"
    assert contains_phrase(heard, "Тысяча двести")
    assert contains_phrase(heard, "сто|баллов еще")
    assert not contains_phrase(heard, "двести тысяча")
    assert not contains_phrase(heard, "балл")
    assert not contains_phrase(heard, "")


def test_unknown_words_between_known_ones_break_a_phrase() -> None:
    assert not contains_phrase("тысяча [unk] пятьдесят баллов", "тысяча пятьдесят")


def test_unknown_words_in_a_row_show_as_one_ellipsis() -> None:
    assert shown("[unk] [unk] карте [unk] баллов") == "… карте … баллов"


def test_texts_are_listened_for_in_clauses_and_with_amounts() -> None:
    phrases = transcript_phrases(["Здравствуйте! На балансе {slots.points|points}, {name}."])
    assert phrases.texts.phrases == ("здравствуйте", "на балансе")
    assert phrases.amounts is not None
    assert {"на балансе ноль баллов", "тысяча баллов", "здравствуйте"} <= set(phrases.amounts.phrases)


async def test_a_prompt_without_an_amount_is_read_by_its_text(recogniser: VoskRecogniser) -> None:
    phrases = transcript_phrases(["Узнать баллы — нажмите один.", "На балансе {n|points}."])
    heard = await said(recogniser, "Узнать баллы.", phrases)
    assert heard == "узнать баллы"
