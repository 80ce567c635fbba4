"""Whatever comes down the line, the gate and the engines stay healthy: a clean «да» after it is still understood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from asr_models.port import FREE_SPEECH, PhraseList, RecognitionError
from asr_models.settings import GateSettings, HearingSettings
from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import FRAME_BYTES
from asr_models.vosk_engine import VoskRecogniser
from asr_models.vosk_server_engine import VoskServerRecogniser
from tests.asr_models.speech_samples import DIGIT_PHRASES, frames, silence, spoken
from tests.asr_models.strange_audio import STRANGE, in_strange_pieces, strange_audio

YES_NO = PhraseList(("да", "нет", "оператор"))
EXPECTED = (YES_NO, PhraseList(DIGIT_PHRASES, dictation=True), FREE_SPEECH, PhraseList(("да",), allow_unknown=False))
UNHURRIED_SECONDS = 60.0

Engine = VoskRecogniser | VoskServerRecogniser


@pytest.fixture(params=["vosk", "vosk-server"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    limits = {"final_limit_seconds": UNHURRIED_SECONDS, "backlog_seconds": UNHURRIED_SECONDS}
    made: Engine
    if request.param == "vosk":
        made = VoskRecogniser(HearingSettings(threads=1, **limits))
    else:
        url = request.getfixturevalue("vosk_server_url")
        made = VoskServerRecogniser(
            HearingSettings(
                engine="vosk-server", server_url=url, server_connect_limit_seconds=UNHURRIED_SECONDS, **limits
            )
        )
    yield made
    assert made.open_streams == 0
    await made.close()


async def yes_is_understood(engine: Engine) -> bool:
    stream = engine.open_stream(YES_NO)
    for frame in frames(silence(0.3) + spoken("да") + silence(0.3)):
        stream.feed(frame)
    return (await stream.finish()).text == "да"


@pytest.mark.parametrize("kind", STRANGE)
def test_after_strange_audio_the_gate_still_opens_for_speech_and_closes_after_it(kind: str) -> None:
    gate = SpeechGate(GateSettings(levelling=False))
    for frame in frames(strange_audio(kind)):
        assert len(gate.take(frame)) % FRAME_BYTES == 0
    for frame in frames(silence(1.5)):
        gate.take(frame)
    assert not gate.is_open, "the gate stays open in silence"

    speech = spoken("да")
    passed = b"".join(gate.take(frame) for frame in frames(silence(0.5) + speech + silence(0.5)))

    assert speech in passed
    assert not gate.is_open


@pytest.mark.parametrize("size", [0, 1, 2, 160, 318, 319, 321, 322, 640, 65536])
def test_frames_of_another_size_are_refused_and_leave_the_gate_as_it_was(size: int) -> None:
    gate = SpeechGate(GateSettings(levelling=False))
    speech = silence(0.5) + spoken("да")
    passed = b""
    for frame in frames(speech):
        with pytest.raises(ValueError, match=str(FRAME_BYTES)):
            gate.take(bytes(size))
        passed += gate.take(frame)

    assert spoken("да")[:-FRAME_BYTES] in passed


async def test_strange_audio_in_strange_pieces_leaves_an_engine_healthy(engine: Engine) -> None:
    for number, kind in enumerate(STRANGE):
        stream = engine.open_stream(EXPECTED[number % len(EXPECTED)])
        for piece in in_strange_pieces(strange_audio(kind), seed=number):
            stream.feed(piece)
        if number % 3 == 0:
            await asyncio.sleep(0)
            stream.cancel()
            with pytest.raises(RecognitionError):
                await stream.finish()
        else:
            heard = await stream.finish()
            assert heard.is_final
            assert 0 <= heard.confidence <= 1

    assert await yes_is_understood(engine)


async def test_half_a_sample_is_refused_and_the_rest_is_heard(engine: Engine) -> None:
    stream = engine.open_stream(YES_NO)
    for frame in frames(silence(0.3) + spoken("нет") + silence(0.3)):
        for piece in (b"\x01", bytes(321)):
            with pytest.raises(ValueError, match="half a sample"):
                stream.feed(piece)
        stream.feed(frame)

    assert (await stream.finish()).text == "нет"


async def test_strange_callers_beside_a_plain_one_do_not_disturb_him(engine: Engine) -> None:
    strange = [engine.open_stream(phrases) for phrases in EXPECTED]
    plain = engine.open_stream(YES_NO)
    noises = [list(frames(strange_audio(kind))) for kind in ("noise like syllables", "random bytes", "music", "tone")]
    for turn, frame in enumerate(frames(silence(0.3) + spoken("да") + silence(0.5))):
        for stream, noise in zip(strange, noises, strict=True):
            stream.feed(noise[turn])
        plain.feed(frame)

    assert (await plain.finish()).text == "да"
    for stream in strange:
        stream.cancel()
