"""What every engine behind the recogniser port must do. A new engine is added to `ENGINES`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from asr_models.port import FREE_SPEECH, Hypothesis, PhraseList, Recogniser, RecogniserOverloaded, RecognitionError
from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from asr_models.vosk_server_engine import VoskServerRecogniser
from tests.asr_models.speech_samples import DIGIT_PHRASES, frames, mixed, noise, silence, spoken

YES_NO = PhraseList(("да", "нет", "верно", "неверно"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds the engine under test is set up with."""

    max_streams: int
    backlog_seconds: float


BOUNDS = Bounds(max_streams=3, backlog_seconds=20.0)


def vosk_in_process(bounds: Bounds, _request: pytest.FixtureRequest) -> Recogniser:
    return VoskRecogniser(
        HearingSettings(
            threads=1,
            max_streams=bounds.max_streams,
            backlog_seconds=bounds.backlog_seconds,
            final_limit_seconds=20,
        )
    )


def vosk_server(bounds: Bounds, request: pytest.FixtureRequest) -> Recogniser:
    return VoskServerRecogniser(
        HearingSettings(
            engine="vosk-server",
            server_url=request.getfixturevalue("vosk_server_url"),
            max_streams=bounds.max_streams,
            backlog_seconds=bounds.backlog_seconds,
            server_connect_limit_seconds=20,
            final_limit_seconds=20,
        )
    )


ENGINES = [pytest.param(vosk_in_process, id="vosk"), pytest.param(vosk_server, id="vosk-server")]


@pytest.fixture(params=ENGINES)
async def recogniser(request: pytest.FixtureRequest) -> AsyncIterator[Recogniser]:
    engine: Recogniser = request.param(BOUNDS, request)
    yield engine
    await engine.close()


async def hear(recogniser: Recogniser, phrases: PhraseList, audio: bytes) -> Hypothesis:
    stream = recogniser.open_stream(phrases)
    for frame in frames(audio):
        stream.feed(frame)
    return await stream.finish()


def with_pauses(audio: bytes) -> bytes:
    return silence(0.3) + audio + silence(0.3)


@pytest.mark.parametrize("word", ["да", "нет", "неверно"])
async def test_a_phrase_of_the_list_is_heard(recogniser: Recogniser, word: str) -> None:
    heard = await hear(recogniser, YES_NO, with_pauses(spoken(word)))

    assert heard.text == word
    assert heard.is_final
    assert 0.5 < heard.confidence <= 1.0


async def test_digits_come_as_words(recogniser: Recogniser) -> None:
    heard = await hear(recogniser, PhraseList(DIGIT_PHRASES), with_pauses(spoken("пять восемь три семь")))

    assert heard.text == "пять восемь три семь"


async def test_what_was_dictated_is_among_the_alternatives_when_it_is_not_the_best(recogniser: Recogniser) -> None:
    dictation = PhraseList(DIGIT_PHRASES, dictation=True)
    noisy = mixed(with_pauses(spoken("пять восемь три семь")), noise(10.0, level_db=-23))

    heard = await hear(recogniser, dictation, noisy)

    readings = [reading.replace("[unk] ", "") for reading in (heard.text, *heard.alternatives)]  # the hiss before it
    assert "пять восемь три семь" in readings
    assert heard.alternatives
    assert heard.text not in heard.alternatives
    assert len(set(heard.alternatives)) == len(heard.alternatives) < 8
    assert 0 < heard.confidence <= 1


async def test_only_dictation_has_alternatives(recogniser: Recogniser) -> None:
    noisy = mixed(with_pauses(spoken("пять восемь три семь")), noise(10.0, level_db=-34))

    assert (await hear(recogniser, PhraseList(DIGIT_PHRASES), noisy)).alternatives == ()


async def test_free_speech_needs_no_phrase_list(recogniser: Recogniser) -> None:
    heard = await hear(recogniser, FREE_SPEECH, with_pauses(spoken("сколько у меня баллов")))

    assert "баллов" in heard.text.split()


async def test_speech_outside_the_list_is_unknown_and_not_its_nearest_phrase(recogniser: Recogniser) -> None:
    heard = await hear(recogniser, YES_NO, with_pauses(spoken("синхрофазотрон перегревается")))

    assert heard.text == "[unk]"


async def test_a_greeting_is_not_taken_for_a_phrase_that_sounds_like_it(recogniser: Recogniser) -> None:
    heard = await hear(recogniser, PhraseList(("баланс", "оператор")), with_pauses(spoken("алло")))

    assert heard.text == "[unk]"


@pytest.mark.parametrize("voice", ["ru", "ru+f2", "ru+Alicia"])
async def test_a_word_among_its_own_forms_is_not_refused_as_doubtful(recogniser: Recogniser, voice: str) -> None:
    forms = PhraseList(("оператор", "оператора", "оператором", "оператору", "соедините с оператором"))

    heard = await hear(recogniser, forms, with_pauses(spoken("оператор", voice=voice)))

    assert heard.text.startswith("оператор")


async def test_without_unknown_speech_the_list_is_all_there_is(recogniser: Recogniser) -> None:
    phrases = PhraseList(YES_NO.phrases, allow_unknown=False)

    heard = await hear(recogniser, phrases, with_pauses(spoken("синхрофазотрон перегревается")))

    assert set(heard.text.split()) <= set(YES_NO.phrases)


@pytest.mark.parametrize("audio", [b"", silence(1.0), noise(1.0, level_db=-60)], ids=["none", "silence", "low noise"])
async def test_nothing_said_is_an_empty_text(recogniser: Recogniser, audio: bytes) -> None:
    heard = await hear(recogniser, YES_NO, audio)

    assert heard == Hypothesis("", 0.0, is_final=True)


async def test_audio_after_a_long_pause_still_belongs_to_the_utterance(recogniser: Recogniser) -> None:
    audio = spoken("пять восемь") + silence(3.0) + spoken("три семь") + silence(0.3)

    heard = await hear(recogniser, PhraseList(DIGIT_PHRASES), silence(0.3) + audio)

    assert heard.text == "пять восемь три семь"


async def test_partials_grow_and_end_with_the_stream(recogniser: Recogniser) -> None:
    stream = recogniser.open_stream(PhraseList(DIGIT_PHRASES))
    partials: list[Hypothesis] = []

    async def follow() -> None:
        async for partial in stream.partials():
            partials.append(partial)

    following = asyncio.create_task(follow())
    for frame in frames(with_pauses(spoken("пять восемь три семь")) + silence(1.0)):
        stream.feed(frame)
    while not partials or len(partials[-1].text.split()) < 2:
        await asyncio.sleep(0.01)
    await stream.finish()
    await following

    assert not any(partial.is_final for partial in partials)
    assert partials[0].text.startswith("пять")


async def test_partials_end_when_the_stream_is_cancelled(recogniser: Recogniser) -> None:
    stream = recogniser.open_stream(YES_NO)

    async def follow() -> None:
        async for _ in stream.partials():
            pass

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    stream.cancel()

    await following


async def test_a_cancelled_stream_gives_no_final(recogniser: Recogniser) -> None:
    stream = recogniser.open_stream(YES_NO)
    for frame in frames(spoken("нет")):
        stream.feed(frame)

    stream.cancel()
    stream.cancel()

    stream.feed(silence(0.02))
    with pytest.raises(RecognitionError):
        await stream.finish()


async def test_cancelling_while_the_final_is_on_its_way_ends_the_wait(recogniser: Recogniser) -> None:
    stream = recogniser.open_stream(YES_NO)
    stream.feed(silence(10.0))
    finishing = asyncio.create_task(stream.finish())
    await asyncio.sleep(0)

    stream.cancel()

    with pytest.raises(RecognitionError):
        await finishing


async def test_finishing_twice_tells_the_same(recogniser: Recogniser) -> None:
    stream = recogniser.open_stream(YES_NO)
    stream.feed(with_pauses(spoken("нет")))

    assert await stream.finish() == await stream.finish()


async def test_more_streams_than_set_up_for_are_refused_until_one_ends(recogniser: Recogniser) -> None:
    streams = [recogniser.open_stream(YES_NO) for _ in range(BOUNDS.max_streams)]
    with pytest.raises(RecogniserOverloaded):
        recogniser.open_stream(YES_NO)

    streams[0].cancel()
    await streams[1].finish()

    recogniser.open_stream(YES_NO)
    recogniser.open_stream(YES_NO)


async def test_a_stream_too_far_behind_fails_and_frees_its_place(recogniser: Recogniser) -> None:
    streams = [recogniser.open_stream(YES_NO) for _ in range(BOUNDS.max_streams)]

    with pytest.raises(RecogniserOverloaded):
        streams[0].feed(silence(BOUNDS.backlog_seconds + 1))

    with pytest.raises(RecogniserOverloaded):
        await streams[0].finish()
    recogniser.open_stream(YES_NO)


async def test_streams_side_by_side_do_not_mix(recogniser: Recogniser) -> None:
    words = ("да", "нет", "неверно")
    streams = [recogniser.open_stream(YES_NO) for _ in words]
    utterances = [list(frames(with_pauses(spoken(word)) + silence(1.0))) for word in words]
    for turn in zip(*utterances, strict=False):
        for stream, frame in zip(streams, turn, strict=True):
            stream.feed(frame)

    finals = await asyncio.gather(*(stream.finish() for stream in streams))

    assert tuple(final.text for final in finals) == words


async def test_no_word_the_model_knows_is_said_to_lack(recogniser: Recogniser) -> None:
    phrases = PhraseList(("да", "синхрофазотрон", "нет синхрофазотрон"))

    assert recogniser.vocabulary_lacks(phrases) in (("синхрофазотрон",), ())  # a server does not tell


async def test_words_the_model_lacks_do_not_hinder_the_others(recogniser: Recogniser) -> None:
    phrases = PhraseList(("да", "нет", "синхрофазотрон"))

    assert (await hear(recogniser, phrases, with_pauses(spoken("нет")))).text == "нет"


async def test_a_list_of_words_the_model_lacks_hears_only_unknown_speech(recogniser: Recogniser) -> None:
    phrases = PhraseList(("синхрофазотрон",), allow_unknown=False)

    assert (await hear(recogniser, phrases, with_pauses(spoken("сколько у меня баллов")))).text in ("", "[unk]")
