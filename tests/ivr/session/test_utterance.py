from __future__ import annotations

import asyncio

import pytest

from dialogs.engine.vocabulary import Prompt
from ivr.audio.playout import Playout, QueuedPlayback
from ivr.audio.port import CallerInput, HungUp
from ivr.session.utterance import Utterance
from tts.port import Speech, SpeechError

LIMIT = 2.0


class Line:
    """A line whose clock the test turns by hand; the playing itself is the real playout."""

    def __init__(self) -> None:
        self.playout = Playout(60.0)
        self.closed = False

    async def receive(self) -> CallerInput:
        raise HungUp

    def play(self, pcm16: bytes) -> QueuedPlayback:
        if self.closed:
            raise HungUp
        return self.playout.add(pcm16)

    async def close(self) -> None:
        self.closed = True

    async def run_until(self, utterance: asyncio.Task[None]) -> bytes:
        """Turn the clock until the utterance ends; return what was heard."""
        heard = b""
        async with asyncio.timeout(LIMIT):
            while not utterance.done():
                heard += self.playout.next_frame()
                for _ in range(5):
                    await asyncio.sleep(0)
        return heard


class Voice:
    """Speaks each text as frames of one byte; fails where told."""

    def __init__(self, broken: str = "", frames: int = 2) -> None:
        self.broken = broken
        self.frames = frames
        self.asked: list[str] = []

    async def speech_for(self, text: str, *, recorded: str | None = None, sensitive: bool = False) -> Speech:
        self.asked.append(text)
        if text == self.broken:
            raise SpeechError("no voice")
        return Speech(text.encode("ascii")[:1] * 320 * self.frames, 8000)


def say(line: Line, voice: Voice, *texts: str) -> tuple[Utterance, list[float]]:
    sounds: list[float] = []
    prompts = [Prompt(f"utter_{text}", text) for text in texts]
    return Utterance(line, voice, prompts, pause_seconds=0.02, on_first_sound=sounds.append), sounds


async def test_prompts_are_heard_in_order_with_a_pause_between_them() -> None:
    line = Line()
    utterance, sounds = say(line, Voice(), "a", "b")
    heard = await line.run_until(asyncio.create_task(utterance.finished()))
    assert heard.strip(b"\0") == b"a" * 640 + bytes(320) + b"b" * 640
    assert len(sounds) == 1


async def test_a_stopped_utterance_falls_silent_and_ends() -> None:
    line = Line()
    utterance, _ = say(line, Voice(), "a", "b")
    ending = asyncio.create_task(utterance.finished())
    while b"a" not in line.playout.next_frame():
        await asyncio.sleep(0)
    utterance.stop()
    utterance.stop()
    await asyncio.wait_for(ending, LIMIT)
    assert line.playout.next_frame() == bytes(320)


async def test_a_prompt_that_cannot_be_spoken_is_told() -> None:
    line = Line()
    utterance, _ = say(line, Voice(broken="b"), "a", "b")
    ending = asyncio.create_task(utterance.finished())
    await line.run_until(ending)
    with pytest.raises(SpeechError):
        ending.result()


async def test_a_hang_up_in_the_middle_is_told_as_a_hang_up() -> None:
    line = Line()
    utterance, _ = say(line, Voice(), "a")
    ending = asyncio.create_task(utterance.finished())
    while b"a" not in line.playout.next_frame():
        await asyncio.sleep(0)
    line.playout.abandon()
    with pytest.raises(HungUp):
        await asyncio.wait_for(ending, LIMIT)


async def test_nothing_to_say_ends_at_once() -> None:
    utterance, sounds = say(Line(), Voice())
    await asyncio.wait_for(utterance.finished(), LIMIT)
    assert sounds == []


async def hear(line: Line, frames: int) -> bytes:
    """Turn the clock so many times; return what was heard, one letter a frame."""
    heard = ""
    for _ in range(frames):
        frame = line.playout.next_frame()
        heard += chr(frame[0]) if frame[0] else "."
        for _ in range(5):
            await asyncio.sleep(0)
    return heard.encode()


async def begin(line: Line) -> None:
    """Let the first prompt be made."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_held_utterance_falls_silent_within_a_frame_and_goes_on_from_its_sentence() -> None:
    line = Line()
    utterance, sounds = say(line, Voice(frames=10), "a", "b")
    ending = asyncio.create_task(utterance.finished())
    await begin(line)
    assert await hear(line, 14) == b"aaaaaaaaaa.bbb"

    utterance.hold()
    assert await hear(line, 20) == b"." * 20
    assert not ending.done()
    utterance.go_on()
    await begin(line)

    assert await hear(line, 11) == b"bbbbbbbbbb."
    await asyncio.wait_for(ending, LIMIT)
    assert len(sounds) == 1


async def test_an_utterance_held_before_its_first_sound_begins_when_it_may() -> None:
    line = Line()
    utterance, sounds = say(line, Voice(frames=10), "a")
    utterance.hold()
    await begin(line)
    assert await hear(line, 5) == b"....."
    assert sounds == []

    utterance.go_on()
    await begin(line)

    assert await hear(line, 11) == b"aaaaaaaaaa."
    assert len(sounds) == 1


async def test_an_utterance_held_twice_goes_on_once() -> None:
    line = Line()
    utterance, _ = say(line, Voice(frames=10), "a")
    await begin(line)
    await hear(line, 1)
    utterance.hold()
    utterance.hold()
    utterance.go_on()
    utterance.go_on()
    await begin(line)
    assert await hear(line, 12) == b"aaaaaaaaaa.."


async def test_a_held_utterance_that_is_stopped_ends() -> None:
    line = Line()
    utterance, _ = say(line, Voice(frames=10), "a", "b")
    await begin(line)
    await hear(line, 1)
    utterance.hold()

    utterance.stop()

    await asyncio.wait_for(utterance.finished(), LIMIT)
    assert await hear(line, 3) == b"..."


async def test_what_was_heard_of_each_prompt_is_known() -> None:
    line = Line()
    utterance, _ = say(line, Voice(frames=10), "a is long", "b is long", "c is long")
    await begin(line)
    await hear(line, 13)

    utterance.stop()

    assert utterance.heard() == ("a is long", "b…", "")


async def test_all_was_heard_of_what_was_said_to_its_end() -> None:
    line = Line()
    utterance, _ = say(line, Voice(frames=10), "a is long", "b is long")
    await line.run_until(asyncio.create_task(utterance.finished()))
    assert utterance.heard() == ("a is long", "b is long")


async def test_before_the_first_sound_nothing_was_heard() -> None:
    utterance, _ = say(Line(), Voice(frames=10), "a", "b")
    utterance.stop()
    assert utterance.heard() == ("", "")


async def test_a_prompt_that_a_hang_up_cut_was_heard_up_to_there() -> None:
    line = Line()
    utterance, _ = say(line, Voice(frames=10), "a is long")
    await begin(line)
    await hear(line, 3)
    line.playout.abandon()
    with pytest.raises(HungUp):
        await asyncio.wait_for(utterance.finished(), LIMIT)
    assert utterance.heard() == ("a…",)
