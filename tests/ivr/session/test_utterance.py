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

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.asked: list[str] = []

    async def speech_for(self, text: str, *, recorded: str | None = None, sensitive: bool = False) -> Speech:
        self.asked.append(text)
        if text == self.broken:
            raise SpeechError("no voice")
        return Speech(text.encode("ascii")[:1] * 640, 8000)


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
