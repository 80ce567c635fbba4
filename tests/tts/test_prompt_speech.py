from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.tts.fake_engine import SECONDS_PER_CHARACTER, ToneEngine, tone
from tts.port import PromptSpeech, Speech, SpeechEngine, SpeechError, TextRefused
from tts.prompt_speech import TelephonePromptSpeech
from tts.recordings import RecordedPrompts
from tts.settings import SpeechSettings
from tts.telephone_audio import telephone_speech

MakeSpeech = Callable[..., TelephonePromptSpeech]
HELLO = "Здравствуйте, это Юля."


@pytest.fixture
async def make_speech() -> AsyncIterator[MakeSpeech]:
    made = []

    def make(
        *engines: SpeechEngine, recordings: RecordedPrompts | None = None, **settings: object
    ) -> TelephonePromptSpeech:
        speech = TelephonePromptSpeech(engines, SpeechSettings.model_validate(settings), recordings=recordings)
        made.append(speech)
        return speech

    yield make
    for each in made:
        await each.close()


def kept_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_prompt_becomes_telephone_audio(make_speech: MakeSpeech) -> None:
    speech: PromptSpeech = make_speech(ToneEngine())

    heard = await speech.speech_for(HELLO)

    assert heard.sample_rate_hz == 8000
    assert heard.seconds == pytest.approx(SECONDS_PER_CHARACTER * len(HELLO), abs=0.1)


async def test_real_engines_speak_a_prompt_of_several_sentences(
    make_speech: MakeSpeech, real_engines: list[SpeechEngine]
) -> None:
    heard = await make_speech(*real_engines).speech_for("Здравствуйте! Это Юля. На вашем счёте пять баллов.")

    assert 3 < heard.seconds < 8


async def test_a_recording_goes_before_synthesis(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    recorded = telephone_speech(tone(2.0), level_dbfs=-20)
    speech = make_speech(engine, recordings=RecordedPrompts({"hello": recorded}))

    assert await speech.speech_for(HELLO, recorded="hello") == recorded
    assert engine.spoken == []
    assert speech.counters.recorded_prompts == 1


async def test_a_recording_that_is_not_there_is_spoken(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()

    await make_speech(engine).speech_for(HELLO, recorded="hello")

    assert engine.spoken == [HELLO]


async def test_recordings_play_without_any_engine_and_anything_else_fails(make_speech: MakeSpeech) -> None:
    recorded = telephone_speech(tone(2.0), level_dbfs=-20)
    speech = make_speech(recordings=RecordedPrompts({"hello": recorded}))

    assert await speech.speech_for(HELLO, recorded="hello") == recorded
    with pytest.raises(SpeechError, match="no speech engine"):
        await speech.speech_for(HELLO)


async def test_a_hot_prompt_costs_neither_synthesis_nor_disk(make_speech: MakeSpeech, tmp_path: Path) -> None:
    engine = ToneEngine()
    speech = make_speech(engine, cache_dir=tmp_path)
    first = await speech.speech_for(HELLO)
    for path in kept_files(tmp_path):
        path.unlink()

    assert await speech.speech_for(HELLO) == first
    assert engine.spoken == [HELLO]
    assert (speech.counters.hits, speech.counters.misses) == (1, 1)


async def test_what_was_spoken_outlives_the_line(make_speech: MakeSpeech, tmp_path: Path) -> None:
    first = await make_speech(ToneEngine(), cache_dir=tmp_path).speech_for(HELLO)
    engine = ToneEngine()
    next_line = make_speech(engine, cache_dir=tmp_path)

    assert await next_line.speech_for(HELLO) == first
    assert engine.spoken == []
    assert next_line.counters.disk_hits == 1


async def test_a_corrupt_file_is_spoken_again_and_mended(make_speech: MakeSpeech, tmp_path: Path) -> None:
    first = await make_speech(ToneEngine(), cache_dir=tmp_path).speech_for(HELLO)
    (path,) = kept_files(tmp_path)
    good = path.read_bytes()
    path.write_bytes(good[:-10])

    assert await make_speech(ToneEngine(), cache_dir=tmp_path).speech_for(HELLO) == first
    assert path.read_bytes() == good


async def test_sentences_are_kept_one_by_one(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    speech = make_speech(engine)
    await speech.speech_for("На вашем счёте пять баллов. Чем ещё помочь?")

    await speech.speech_for("На вашем счёте шесть баллов. Чем ещё помочь?")

    assert engine.spoken.count("Чем ещё помочь?") == 1


async def test_sentences_keep_their_order_and_a_pause(make_speech: MakeSpeech) -> None:
    speech = make_speech(ToneEngine(), sentence_pause_seconds=0.5)
    short, long = await speech.speech_for("Да."), await speech.speech_for("Очень длинный ответ.")

    both = await speech.speech_for("Да. Очень длинный ответ.")

    assert both.pcm16 == short.pcm16 + bytes(8000) + long.pcm16


async def test_a_sensitive_prompt_is_kept_nowhere(make_speech: MakeSpeech, tmp_path: Path) -> None:
    engine = ToneEngine()
    speech = make_speech(engine, cache_dir=tmp_path)

    await speech.speech_for("Карта двадцать два.", sensitive=True)
    await speech.speech_for("Карта двадцать два.", sensitive=True)

    assert engine.spoken == ["Карта двадцать два."] * 2
    assert kept_files(tmp_path) == []


async def test_callers_who_need_the_same_sentence_wait_for_one_synthesis(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    engine.gate = asyncio.Event()
    speech = make_speech(engine)

    waiting = [asyncio.ensure_future(speech.speech_for(HELLO)) for _ in range(5)]
    await engine.asked.wait()
    engine.gate.set()

    assert len({heard.pcm16 for heard in await asyncio.gather(*waiting)}) == 1
    assert engine.spoken == [HELLO]
    assert speech.counters.coalesced == 4


async def test_a_caller_who_hangs_up_does_not_take_the_sound_from_the_others(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    engine.gate = asyncio.Event()
    speech = make_speech(engine)
    leaving, staying = (asyncio.ensure_future(speech.speech_for(HELLO)) for _ in range(2))
    await engine.asked.wait()

    leaving.cancel()
    engine.gate.set()

    assert (await staying).seconds > 0
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_the_next_engine_speaks_when_the_first_fails(make_speech: MakeSpeech) -> None:
    broken, well = ToneEngine("broken"), ToneEngine("well")
    broken.fails_with = SpeechError("no voice")
    speech = make_speech(broken, well)

    assert (await speech.speech_for(HELLO)).seconds > 0

    assert speech.counters.failures_by_engine == {"broken": 1}
    assert speech.counters.spoken_by_engine == {"well": 1}


async def test_a_hanging_engine_costs_its_limit_once(make_speech: MakeSpeech) -> None:
    hanging, well = ToneEngine("hanging"), ToneEngine("well")
    hanging.gate = asyncio.Event()
    speech = make_speech(hanging, well, synthesis_limit_seconds=0.05)
    await speech.speech_for(HELLO)
    hanging.asked.clear()

    await speech.speech_for("Чем помочь?")

    assert well.spoken == [HELLO, "Чем помочь?"]
    assert not hanging.asked.is_set()
    assert speech.counters.failures_by_engine == {"hanging": 1}


async def test_an_engine_that_rested_is_tried_again(make_speech: MakeSpeech) -> None:
    broken, well = ToneEngine("broken"), ToneEngine("well")
    broken.fails_with = SpeechError("no voice")
    speech = make_speech(broken, well, engine_rest_seconds=0)
    await speech.speech_for(HELLO)
    broken.fails_with = None

    await speech.speech_for("Чем помочь?")

    assert broken.spoken == ["Чем помочь?"]


async def test_an_engine_that_refuses_one_text_does_not_rest(make_speech: MakeSpeech) -> None:
    first, second = ToneEngine("first"), ToneEngine("second")
    first.fails_with = TextRefused("only Chinese letters")
    speech = make_speech(first, second)
    await speech.speech_for(HELLO)
    first.fails_with = None

    await speech.speech_for("Чем помочь?")

    assert first.spoken == ["Чем помочь?"]


async def test_the_only_engine_is_tried_also_while_it_should_rest(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    engine.fails_with = SpeechError("crashed")
    speech = make_speech(engine)
    with pytest.raises(SpeechError, match="crashed"):
        await speech.speech_for(HELLO)
    engine.fails_with = None

    assert (await speech.speech_for(HELLO)).seconds > 0
    assert speech.counters.failed_prompts == 1


async def test_an_engine_that_returns_silence_has_failed(make_speech: MakeSpeech) -> None:
    class Mute(ToneEngine):
        async def synthesise(self, text: str) -> Speech:
            return Speech(bytes(32000), 16000)

    well = ToneEngine("well")

    await make_speech(Mute("mute"), well).speech_for(HELLO)

    assert well.spoken == [HELLO]


async def test_a_prompt_that_takes_too_long_is_an_error(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    engine.gate = asyncio.Event()
    speech = make_speech(engine, prompt_limit_seconds=0.05)

    with pytest.raises(SpeechError, match=r"within 0\.05 s"):
        await speech.speech_for(HELLO)


async def test_a_prompt_without_a_word_is_a_moment_of_silence(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    speech = make_speech(engine)

    assert 0 < (await speech.speech_for("…")).seconds < 0.5
    assert engine.spoken == []
    assert speech.counters.empty_prompts == 1


async def test_a_prompt_beyond_the_limit_is_refused(make_speech: MakeSpeech) -> None:
    with pytest.raises(SpeechError, match="limit"):
        await make_speech(ToneEngine(), max_text_chars=100).speech_for("Слово. " * 50)


async def test_warming_up_speaks_each_text_once_and_tells_its_progress(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    speech = make_speech(engine)
    progress: list[tuple[int, int]] = []

    failed = await speech.warm_up([HELLO, "Чем помочь?", HELLO], lambda done, total: progress.append((done, total)))

    assert failed == 0
    assert engine.spoken[-2:] == [HELLO, "Чем помочь?"]
    assert progress == [(1, 2), (2, 2)]


async def test_warming_up_starts_the_engine_also_when_all_texts_are_kept(
    make_speech: MakeSpeech, tmp_path: Path
) -> None:
    await make_speech(ToneEngine(), cache_dir=tmp_path).speech_for(HELLO)
    engine = ToneEngine()

    await make_speech(engine, cache_dir=tmp_path).warm_up([HELLO])

    assert engine.asked.is_set()
    assert HELLO not in engine.spoken


async def test_warming_up_goes_on_after_a_text_or_an_engine_that_fails(make_speech: MakeSpeech) -> None:
    broken, well = ToneEngine("broken"), ToneEngine("well")
    broken.fails_with = SpeechError("no voice")
    speech = make_speech(broken, well, max_text_chars=50)

    assert await speech.warm_up(["Слово. " * 50, HELLO]) == 1
    assert well.spoken == [HELLO]


async def test_closing_ends_the_engines_and_those_who_wait(make_speech: MakeSpeech) -> None:
    engine = ToneEngine()
    engine.gate = asyncio.Event()
    speech = make_speech(engine)
    waiting = asyncio.ensure_future(speech.speech_for(HELLO))
    await engine.asked.wait()

    await speech.close()

    (outcome,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(outcome, SpeechError)
    assert engine.closed
    with pytest.raises(SpeechError, match="closed"):
        await speech.speech_for(HELLO)
