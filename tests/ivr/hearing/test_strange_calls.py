"""Strange audio through the whole of hearing: over AudioSocket, the gate, the engine, to an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from dialogs.settings import DialogueSettings
from ivr.audio.audiosocket import AudioSocketCall, AudioSocketServer
from ivr.audio.audiosocket_frames import FrameKind, encode
from ivr.audio.clock import FrameClock
from ivr.audio.port import CallerAudio, HungUp, KeyPressed
from ivr.audio.settings import AudioSettings
from ivr.hearing.questions import QuestionKind, question_of
from ivr.hearing.recordings import hear_answer
from ivr.listening.settings import ListeningSettings
from tests.asr_models.speech_samples import frames, silence, spoken
from tests.asr_models.strange_audio import STRANGE, in_strange_pieces, strange_audio

LIMIT_SECONDS = 30.0
KINDS = tuple(QuestionKind)
YES = silence(0.4) + spoken("да") + silence(0.6)


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    vosk = VoskRecogniser(HearingSettings(threads=1, final_limit_seconds=60, backlog_seconds=60))
    yield vosk
    assert vosk.open_streams == 0
    await vosk.close()


@pytest.fixture
async def server() -> AsyncIterator[AudioSocketServer]:
    server = AudioSocketServer(AudioSettings(port=0, caller_backlog_seconds=600), FrameClock())
    await server.start()
    yield server
    await server.close()
    assert not server.connections


async def answer(recogniser: VoskRecogniser, kind: QuestionKind, audio: bytes) -> str:
    understood = await hear_answer(recogniser, question_of(kind, DialogueSettings()), audio, ListeningSettings())
    return understood.text


async def heard_over_the_wire(server: AudioSocketServer, *sent: bytes) -> bytes:
    """Announce a call, write these bytes to its socket after the naming, and return the audio that arrives."""
    call_id = uuid4()
    announced = server.announce(call_id)
    host, port = server.address.split(":")
    async with asyncio.timeout(LIMIT_SECONDS):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(encode(FrameKind.CALL_ID, call_id.bytes))
        call = await announced
        for piece in sent:
            writer.write(piece)
            await asyncio.sleep(0)
        writer.write(encode(FrameKind.TERMINATE))
        audio = await all_audio(call)
        writer.close()
        with suppress(ConnectionError):  # a line that sent garbage is cut
            await writer.wait_closed()
    return audio


async def all_audio(call: AudioSocketCall) -> bytes:
    audio = bytearray()
    try:
        while True:
            match await call.receive():
                case CallerAudio(pcm16):
                    audio += pcm16
                case KeyPressed():
                    pass
    except HungUp:
        return bytes(audio)


@pytest.mark.parametrize("kind", KINDS)
async def test_after_strange_answers_a_question_is_still_answered(
    recogniser: VoskRecogniser, kind: QuestionKind
) -> None:
    for number, strange in enumerate(STRANGE):
        if number % len(KINDS) == KINDS.index(kind):
            await answer(recogniser, kind, strange_audio(strange))

    assert await answer(recogniser, QuestionKind.YES_NO, YES) == "да"


async def test_strange_frames_on_the_wire_leave_the_words_after_them_whole(
    server: AudioSocketServer, recogniser: VoskRecogniser
) -> None:
    for number, strange in enumerate(STRANGE[::3]):
        noise = [
            encode(FrameKind.AUDIO_8KHZ, piece[:4096])
            for piece in in_strange_pieces(strange_audio(strange)[:8000], seed=number, whole_samples=False)
        ]
        speech = [encode(FrameKind.AUDIO_8KHZ, frame) for frame in frames(silence(2.5) + YES)]

        audio = await heard_over_the_wire(server, *noise, *speech)

        # The words come last: what stands before them is not asked about here.
        assert await answer(recogniser, QuestionKind.YES_NO, audio[-len(YES) :]) == "да", strange


async def test_garbage_on_one_line_does_not_touch_the_next_call(
    server: AudioSocketServer, recogniser: VoskRecogniser
) -> None:
    for strange in STRANGE:
        await heard_over_the_wire(server, *in_strange_pieces(strange_audio(strange)[:4000], 7, whole_samples=False))

    audio = await heard_over_the_wire(server, *(encode(FrameKind.AUDIO_8KHZ, frame) for frame in frames(YES)))

    assert audio == YES.ljust(len(audio), b"\0")
    assert await answer(recogniser, QuestionKind.YES_NO, audio) == "да"
