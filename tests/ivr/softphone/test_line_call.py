"""Calls over real SIP to a real Asterisk."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import numpy as np
import pytest

from ivr.softphone.call_events import Happening, Phase, Side
from ivr.softphone.errors import (
    CallOver,
    CallRefused,
    NobodyListens,
    NoEndOfPrompt,
    NotAnswered,
    NothingHeard,
    SoftphoneError,
    StackFailed,
    StillUp,
)
from ivr.softphone.frames import level_dbfs
from ivr.softphone.phone import LineCall, SoftPhones
from ivr.softphone.recording import read_stereo_wav
from tests.ivr.softphone.scratch_asterisk import ScratchAsterisk

pytestmark = pytest.mark.call

CALLER = "+79160000001"
RNG = np.random.default_rng(7)


def noise(seconds: float, amplitude: int = 6000) -> bytes:
    samples = RNG.integers(-amplitude, amplitude, round(seconds * 8000))
    return samples.astype(np.int16).tobytes()


async def call(phones: SoftPhones, asterisk: ScratchAsterisk, number: str, caller: str = CALLER) -> LineCall:
    return await phones.call(number, caller_number=caller, server=asterisk.server)


async def test_what_is_said_is_heard_by_the_far_end(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await call(phones, asterisk, "600")
    assert line.phase is Phase.TALKING
    await line.say(noise(0.5))
    await line.hear_seconds(0.3)
    run = line.heard.sound_runs()[0]
    assert 0.4 < run.seconds < 0.7
    assert line.first_sound_at is not None and line.answered_at is not None
    assert line.started_at < line.answered_at < line.first_sound_at
    await line.hang_up()


async def test_both_directions_lie_on_one_time_line_in_the_recording(
    phones: SoftPhones, asterisk: ScratchAsterisk, tmp_path: Path
) -> None:
    line = await call(phones, asterisk, "600")
    await line.say(noise(0.4))
    await line.hear_seconds(0.8)
    await line.say(noise(0.4))
    await line.hear_seconds(0.3)
    await line.hang_up()
    await line.save_recording(tmp_path / "call.wav")
    left, right = read_stereo_wav(tmp_path / "call.wav")
    assert left.size == right.size
    for half in (slice(0, left.size // 2), slice(left.size // 2, left.size)):
        said, echoed = left[half].astype(float), right[half].astype(float)
        spectrum = np.fft.rfft(echoed, 2 * said.size) * np.conj(np.fft.rfft(said, 2 * said.size))
        shift = int(np.argmax(np.fft.irfft(spectrum)))
        offset_seconds = (shift if shift < said.size else shift - 2 * said.size) / 8000
        # The echo cannot come before the sound, less what the pump's two looks leave unknown.
        assert -0.025 <= offset_seconds <= 0.08


async def test_a_pause_of_the_caller_is_as_long_in_the_recording(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await call(phones, asterisk, "607")
    await line.say(noise(0.2))
    await line.hear_seconds(0.5)
    await line.say(noise(0.2))
    await line.hang_up()
    left, _ = line.both_directions()
    loud = [level_dbfs(left[i : i + 160].tobytes()) > -40 for i in range(0, left.size - 160, 160)]
    first_end = loud.index(False, loud.index(True))
    pause_frames = loud.index(True, first_end) - first_end
    assert 0.46 <= pause_frames * 0.02 <= 0.7


async def test_keys_arrive_in_their_order(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await call(phones, asterisk, "603", caller="+79160000077")
    await line.press("19*", gap_seconds=0.1)
    assert await line.wait_closed(5) is Side.THEM
    assert asterisk.global_variable("KEYS_OF_79160000077") == "19*"
    assert [event.text for event in line.events if event.kind is Happening.KEY] == ["1", "9", "*"]


async def test_something_that_is_no_key_is_refused(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await call(phones, asterisk, "607")
    with pytest.raises(SoftphoneError, match="not a telephone key"):
        await line.press("7x")


async def test_our_hang_up_is_told_from_theirs(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    ours, theirs = await asyncio.gather(call(phones, asterisk, "607"), call(phones, asterisk, "604"))
    assert await theirs.wait_closed(5) is Side.THEM
    await ours.hang_up()
    assert ours.over and ours.ended_by is Side.US
    assert ours.rtp_stats is not None and ours.rtp_stats.sent_packets > 0


async def test_a_call_can_be_given_up_while_it_rings(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await phones.dial("605", caller_number=CALLER, server=asterisk.server)
    with pytest.raises(NotAnswered, match="it was ringing"):
        await line.answered(0.5)
    assert line.over and line.ended_by is Side.US
    assert line.answered_at is None


async def test_a_cancelled_caller_leaves_no_call_behind(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    task = asyncio.create_task(call(phones, asterisk, "605"))
    async with asyncio.timeout(5):
        while not asterisk.live_calls():
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        while asterisk.live_calls():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("number", "status"), [("606", 486), ("999", 404)])
async def test_a_refusal_carries_its_sip_status(
    phones: SoftPhones, asterisk: ScratchAsterisk, number: str, status: int
) -> None:
    with pytest.raises(CallRefused) as refusal:
        await call(phones, asterisk, number)
    assert refusal.value.status == status


async def test_a_server_that_is_not_there_is_told_at_once(phones: SoftPhones) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        free = held.getsockname()[1]
    with pytest.raises(NobodyListens, match=f"127.0.0.1:{free}"):
        await phones.call("100", caller_number=CALLER, server=f"127.0.0.1:{free}")


async def test_a_server_that_says_nothing_is_given_up(phones: SoftPhones) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(NotAnswered):
            await phones.call("100", caller_number=CALLER, server=server, answer_limit_seconds=0.5)


async def test_the_end_of_a_prompt_is_heard(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await call(phones, asterisk, "601")
    run = await line.wait_prompt_end(silence_seconds=0.4, limit_seconds=10)
    assert 0.8 < run.seconds < 1.3


async def test_an_endless_prompt_and_a_silent_line_are_two_things(
    phones: SoftPhones, asterisk: ScratchAsterisk
) -> None:
    endless, silent = await asyncio.gather(call(phones, asterisk, "602"), call(phones, asterisk, "607"))
    with pytest.raises(NoEndOfPrompt):
        await endless.wait_prompt_end(limit_seconds=1)
    with pytest.raises(NothingHeard):
        await silent.wait_prompt_end(limit_seconds=0.3)
    with pytest.raises(NothingHeard):
        await silent.wait_sound(limit_seconds=0.3)
    with pytest.raises(StillUp):
        await silent.wait_closed(0.2)


async def test_what_cannot_be_said_to_its_end_is_told(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await call(phones, asterisk, "604")
    with pytest.raises(CallOver, match="by the far end"):
        await line.say(noise(3))
    with pytest.raises(CallOver):
        await line.press("1")


async def test_headers_go_out_with_the_invite(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    line = await phones.call("608", caller_number=CALLER, server=asterisk.server, headers={"X-Test": "seven"})
    async with asyncio.timeout(5):
        while asterisk.global_variable("HEADER_SEEN") != "seven":
            await asyncio.sleep(0.02)
    await line.hang_up()


async def test_ten_calls_at_once_each_hear_their_own_echo(phones: SoftPhones, asterisk: ScratchAsterisk) -> None:
    async def one(index: int) -> tuple[float, int]:
        line = await call(phones, asterisk, "600", caller=f"+7916000{index:04}")
        # Calls speak for a different time each, so that crossed audio would show.
        await line.say(noise(0.3 + 0.1 * index))
        await line.hear_seconds(0.3)
        await line.hang_up()
        return line.heard.sound_runs()[0].seconds - (0.3 + 0.1 * index), line.heard.lateness().frames

    for excess_seconds, frames in await asyncio.gather(*(one(index) for index in range(10))):
        assert abs(excess_seconds) < 0.15
        assert frames > 20


async def test_phones_that_close_hang_up_what_is_still_up(asterisk: ScratchAsterisk) -> None:
    async with SoftPhones() as phones:
        lines = await asyncio.gather(*(call(phones, asterisk, "607") for _ in range(3)))
    assert all(line.over and line.ended_by is Side.US for line in lines)


async def test_a_second_set_of_phones_in_one_process_is_refused(phones: SoftPhones) -> None:
    with pytest.raises(StackFailed, match="did not start"):
        async with SoftPhones():
            pass


async def test_what_is_behind_the_caller_is_heard_in_silence_and_under_speech(
    phones: SoftPhones, asterisk: ScratchAsterisk
) -> None:
    line = await call(phones, asterisk, "600")
    line.surround(noise(0.7, amplitude=600))
    await line.hear_seconds(1.5)
    await line.say(noise(0.5))
    await line.hear_seconds(0.5)
    sent, _ = line.both_directions()
    levels = [level_dbfs(sent[at : at + 800].tobytes()) for at in range(len(sent) - 16000, len(sent) - 800, 800)]
    assert min(levels) == pytest.approx(level_dbfs(noise(1, amplitude=600)), abs=1), "there is no silence any more"
    assert max(levels) == pytest.approx(level_dbfs(noise(1)), abs=1)
    assert sum(level > -25 for level in levels) * 0.1 == pytest.approx(0.5, abs=0.15), "said once, without a gap"
    await line.hang_up()
