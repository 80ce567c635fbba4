"""A caller of the line under test: calls, answers Yulia's questions, and tells what she said."""

from __future__ import annotations

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from integrations.call_records.port import CallRecord, CallTurn
from ivr.settings import Settings
from ivr.softphone.commands import yulias_sentences
from ivr.softphone.frames import SoundRun
from ivr.softphone.phone import LineCall, SoftPhones
from ivr.softphone.transcript import Transcriber, contains_phrase, transcript_phrases
from tests.calls.running_line import LineAddresses

HOTLINE = "100"


async def call(phones: SoftPhones, line: LineAddresses, caller_number: str) -> LineCall:
    """Ring the hotline and wait until it is answered."""
    return await phones.call(HOTLINE, caller_number=caller_number, server=line.sip)


async def hear_question(call: LineCall) -> SoundRun:
    """Hear Yulia out; her longest pause inside a turn is shorter than the silence waited for."""
    return await call.wait_prompt_end(silence_seconds=1.0, limit_seconds=40)


async def assert_yulia_said(call: LineCall, *phrases: str) -> None:
    """Transcribe the whole call by the line's own recogniser and look for phrases."""
    recogniser = VoskRecogniser(HearingSettings(min_word_confidence=0.0))
    try:
        transcriber = Transcriber(recogniser, transcript_phrases(yulias_sentences(Settings())))
        await transcriber.catch_up(call)
    finally:
        await recogniser.close()
    missing = [phrase for phrase in phrases if not contains_phrase(transcriber.text, phrase)]
    assert not missing, f"{missing} not heard in: {transcriber.text}"


def prompts(record: CallRecord) -> list[str]:
    """Return what Yulia said, by the call's record."""
    return [turn.text for turn in turns(record, "yulia")]


def turns(record: CallRecord, who: str) -> list[CallTurn]:
    """Return one side's turns."""
    assert record.end is not None
    return [turn for turn in record.end.turns if turn.who == who]
