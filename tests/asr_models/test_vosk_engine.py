from __future__ import annotations

import asyncio
import os
import threading

from asr_models.port import PhraseList
from asr_models.settings import BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from tests.asr_models.conftest import MakeRecogniser
from tests.asr_models.speech_samples import frames, noise, silence, spoken

YES_NO = PhraseList(("да", "нет"))


def decoding_thread_ids() -> list[int]:
    return [
        thread.native_id
        for thread in threading.enumerate()
        if thread.name.startswith("hearing-") and thread.native_id is not None
    ]


async def test_decoding_threads_give_way_to_audio_and_dialogue(make_vosk: MakeRecogniser) -> None:
    vosk = make_vosk(HearingSettings(threads=2, niceness=12))
    await vosk.open_stream(YES_NO).finish()

    assert sorted(os.getpriority(os.PRIO_PROCESS, thread) for thread in decoding_thread_ids()) == [12, 12]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < 12


async def test_closing_leaves_no_thread_and_no_stream() -> None:
    vosk = VoskRecogniser(HearingSettings(threads=2))
    stream = vosk.open_stream(YES_NO)
    stream.feed(silence(2.0))

    await vosk.close()

    assert vosk.open_streams == 0
    assert decoding_thread_ids() == []


async def test_a_short_answer_does_not_wait_for_a_long_one(make_vosk: MakeRecogniser) -> None:
    vosk = make_vosk(HearingSettings(threads=1, backlog_seconds=60, final_limit_seconds=60))
    ended: list[str] = []
    long, short = vosk.open_stream(YES_NO), vosk.open_stream(YES_NO)

    async def finish(name: str, audio: bytes) -> None:
        stream = {"long": long, "short": short}[name]
        stream.feed(audio)
        await stream.finish()
        ended.append(name)

    await asyncio.gather(finish("long", noise(30.0, level_db=-20)), finish("short", spoken("да") + silence(0.3)))

    assert ended == ["short", "long"]


async def test_only_the_newest_partial_is_kept_for_a_slow_listener(vosk: VoskRecogniser) -> None:
    stream = vosk.open_stream(PhraseList(("пять", "восемь", "три", "семь")))
    for frame in frames(silence(0.3) + spoken("пять восемь три семь") + silence(1.0)):
        stream.feed(frame)
        await stream.decoded()

    newest = await anext(aiter(stream.partials()))

    assert newest.text == "пять восемь три семь"
    stream.cancel()


async def test_the_caller_of_a_closed_loop_is_forgotten(vosk: VoskRecogniser) -> None:
    def call_that_breaks_off() -> None:
        async def listen() -> None:
            vosk.open_stream(YES_NO).feed(noise(5.0, level_db=-20))

        asyncio.run(listen())

    await asyncio.to_thread(call_that_breaks_off)

    stream = vosk.open_stream(YES_NO)
    stream.feed(silence(0.3) + spoken("нет") + silence(0.3))
    assert (await stream.finish()).text == "нет"


async def test_a_model_is_named_for_its_folder(vosk: VoskRecogniser) -> None:
    assert vosk.name == "vosk/ru-8k/phrases"


async def test_words_the_model_lacks_are_named(vosk: VoskRecogniser) -> None:
    phrases = PhraseList(("да", "синхрофазотрон", "нет синхрофазотрон"))

    assert vosk.vocabulary_lacks(phrases) == ("синхрофазотрон",)


async def test_a_missing_yo_in_a_flow_is_no_missing_word(vosk: VoskRecogniser) -> None:
    assert vosk.vocabulary_lacks(PhraseList(("мой счет", "все верно"))) == ()


def test_the_bundled_model_has_a_card_and_a_notice() -> None:
    for name in ("README.md", "NOTICE"):
        assert (BUNDLED_MODEL_DIR.parent / name).read_text(encoding="utf-8")
