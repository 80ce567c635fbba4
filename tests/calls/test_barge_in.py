"""Speaking into a prompt over real SIP: what stops it, what only holds it, and what it does not even notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import numpy as np

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from integrations.call_records.port import CallRecord
from ivr.settings import Settings
from ivr.softphone.commands import yulias_sentences
from ivr.softphone.errors import CallOver
from ivr.softphone.phone import LineCall, SoftPhones
from ivr.softphone.transcript import Transcriber, transcript_phrases
from tests.asr_models.speech_samples import noise
from tests.calls.caller import call, hear_question, prompts, turns
from tests.calls.running_line import LineAddresses

MENU = "Чем помочь?"
HINT = "Не поняла вас. Скажите коротко, например: «узнать баллы» или «заблокировать карту»."
INTO_THE_HINT_SECONDS = 4.2
"""From the key that brings the hint to behind «узнать баллы» in it."""


async def record_after_hang_up(ringing: LineCall, line: LineAddresses, last4: str) -> CallRecord:
    await ringing.hang_up()
    return await line.latest_record(last4)


async def said(ringing: LineCall) -> str:
    """Return what Yulia said so far, as the line's own recogniser hears it."""
    recogniser = VoskRecogniser(HearingSettings(min_word_confidence=0.0))
    try:
        transcriber = Transcriber(recogniser, transcript_phrases(yulias_sentences(Settings())))
        await transcriber.catch_up(ringing)
        return transcriber.text
    finally:
        await recogniser.close()


@asynccontextmanager
async def echoing(ringing: LineCall, *, loss_db: float) -> AsyncIterator[None]:
    """Send back what is heard, weaker, like a telephone whose loudspeaker reaches its microphone."""

    async def echo() -> None:
        taken = 0
        while True:
            await asyncio.sleep(0.01)
            heard = ringing.heard.frames_from(taken)
            taken += len(heard)
            for frame in heard:
                samples = np.frombuffer(frame.pcm16, "<i2") * 10 ** (-loss_db / 20)
                ringing.sound.queue(samples.astype("<i2").tobytes())

    echoes = asyncio.create_task(echo())
    try:
        yield
    finally:
        echoes.cancel()
        with suppress(asyncio.CancelledError, CallOver):
            await echoes


async def into_the_hint(ringing: LineCall) -> None:
    """Press a key that means nothing, and listen to the middle of what Yulia says to that."""
    await hear_question(ringing)
    await ringing.press("9")
    await ringing.hear_seconds(INTO_THE_HINT_SECONDS)


async def test_a_word_stops_the_prompt_and_the_card_shows_what_was_heard(
    phones: SoftPhones, line: LineAddresses
) -> None:
    ringing = await call(phones, line, "+79031110041")
    await into_the_hint(ringing)
    await ringing.say("баланс")
    await hear_question(ringing)
    record = await record_after_hang_up(ringing, line, "0041")
    greeting, menu, hint, *_ = prompts(record)
    assert not greeting.endswith("…")
    assert menu == MENU
    assert hint.endswith("…")
    assert hint != HINT
    assert HINT.startswith(hint.rstrip(" …"))
    assert [turn.kind for turn in turns(record, "caller")] == ["keys", "speech"]


async def test_a_nod_does_not_stop_the_prompt_and_its_sentence_is_said_again(
    phones: SoftPhones, line: LineAddresses
) -> None:
    ringing = await call(phones, line, "+79031110042")
    await into_the_hint(ringing)
    await ringing.say("угу")
    await hear_question(ringing)
    record = await record_after_hang_up(ringing, line, "0042")
    text = await said(ringing)  # takes longer than Yulia waits for an answer
    assert HINT in prompts(record)
    assert [turn.kind for turn in turns(record, "caller")] == ["keys"]
    assert text.count("скажите") == 2, text  # the sentence that was cut begins so


async def test_clatter_stops_nothing(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79031110043")
    await into_the_hint(ringing)
    await ringing.say(noise(0.3, level_db=-15))
    await hear_question(ringing)
    record = await record_after_hang_up(ringing, line, "0043")
    assert HINT in prompts(record)
    assert [turn.kind for turn in turns(record, "caller")] == ["keys"]


async def test_the_prompts_own_echo_stops_nothing_and_the_caller_is_heard_all_the_same(
    phones: SoftPhones, line: LineAddresses
) -> None:
    ringing = await call(phones, line, "+79031110044")
    async with echoing(ringing, loss_db=15):
        await ringing.wait_sound()
        await hear_question(ringing)
    await ringing.say("баланс")
    await hear_question(ringing)
    record = await record_after_hang_up(ringing, line, "0044")
    assert MENU in prompts(record)
    assert [turn.text for turn in turns(record, "caller")] == ["баланс"]


async def test_a_number_dictated_with_long_pauses_is_taken_whole(phones: SoftPhones, line: LineAddresses) -> None:
    ringing = await call(phones, line, "+79031110045")
    await hear_question(ringing)
    await ringing.press("1")
    await hear_question(ringing)
    for group in ("семьдесят семь восемьдесят девять", "двадцать пять семьдесят три", "двадцать пять девяносто шесть"):
        await ringing.say(group)
        await ringing.hear_seconds(1.5)
    await ringing.say("семьдесят один сорок семь")
    await hear_question(ringing)
    record = await record_after_hang_up(ringing, line, "0045")
    assert [turn.kind for turn in turns(record, "caller")] == ["keys", "speech"]
