"""A line without a network: the test sends the caller's keys and frames, and turns the clock of what is played."""

from __future__ import annotations

import asyncio

from ivr.audio.playout import Playout, QueuedPlayback
from ivr.audio.port import CallerAudio, CallerInput, HungUp, KeyPressed
from tests.asr_models.speech_samples import frames
from tts.port import Speech, SpeechError

LIMIT_SECONDS = 5.0
PROMPT_FRAMES = 2


class Voice:
    """Speaks each text as frames of a byte of its own, so that what was heard can be read back."""

    def __init__(self, broken: str | None = None) -> None:
        self.broken = broken
        self.ready = asyncio.Event()
        self.ready.set()
        self.texts: list[str] = []

    async def speech_for(self, text: str, *, recorded: str | None = None, sensitive: bool = False) -> Speech:
        if text not in self.texts:
            self.texts.append(text)
        await self.ready.wait()
        if self.broken is not None and self.broken in text:
            raise SpeechError("no voice")
        return Speech(bytes([self.texts.index(text) + 1]) * 320 * PROMPT_FRAMES, 8000)

    def text_of(self, frame: bytes) -> str | None:
        """Say which text a frame is of; None for silence."""
        return self.texts[frame[0] - 1] if frame[0] else None


class Line:
    """Implements `ivr.audio.port.CallAudio`; the playing itself is the real playout."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.playout = Playout(60.0)
        self.heard: list[str] = []
        self._inputs: asyncio.Queue[CallerInput | None] = asyncio.Queue()
        self._closed = False

    async def receive(self) -> CallerInput:
        received = await self._inputs.get()
        if received is None:
            raise HungUp("the caller is gone")
        return received

    def play(self, pcm16: bytes) -> QueuedPlayback:
        if self._closed:
            raise HungUp("the caller is gone")
        return self.playout.add(pcm16)

    async def close(self) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        self._closed = True
        self.playout.abandon()
        self._inputs.put_nowait(None)

    def press(self, keys: str) -> None:
        for key in keys:
            self._inputs.put_nowait(KeyPressed(key))

    def send(self, audio: bytes) -> None:
        for frame in frames(audio):
            self._inputs.put_nowait(CallerAudio(frame))

    async def turn(self) -> str | None:
        """Let one tick of the clock pass; return the text that was heard in it."""
        text = self.voice.text_of(self.playout.next_frame())
        if text is not None and self.heard[-1:] != [text]:
            self.heard.append(text)
        await settle()
        return text

    async def hears(self, part: str) -> None:
        """Turn the clock until the caller hears this; the clock then stands still."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while part not in (await self.turn() or ""):
                pass

    async def turn_until(self, task: asyncio.Task[object]) -> None:
        """Turn the clock until the task ends."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while not task.done():
                await self.turn()

    async def is_silent(self) -> bool:
        """Look whether nothing plays any more."""
        return await self.turn() is None


async def settle() -> None:
    """Let everything run that needs no time."""
    for _ in range(8):
        await asyncio.sleep(0)


async def other_tasks() -> set[asyncio.Task[object]]:
    """List what still runs beside the test itself."""
    await settle()
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
