"""Prompts spoken one after another: the next is made while the previous plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from dialogs.engine.vocabulary import Prompt
from ivr.audio.port import SAMPLE_RATE_HZ, CallAudio, Playback
from ivr.session.spoken_prompt import SpokenPrompt
from tts.port import PromptSpeech, Speech


class Utterance:
    """One turn's prompts on their way to the caller; implements `ivr.listening.barge_in.HeldPrompt`."""

    def __init__(
        self,
        audio: CallAudio,
        speech: PromptSpeech,
        prompts: Sequence[Prompt],
        *,
        pause_seconds: float,
        on_first_sound: Callable[[float], None],
    ) -> None:
        self._audio = audio
        self._speech = speech
        self._prompts = prompts
        self._pause = bytes(2 * int(pause_seconds * SAMPLE_RATE_HZ))
        self._on_first_sound = on_first_sound
        self._sounded = False
        self._spoken: list[SpokenPrompt] = []  # those that began, in order
        self._playing: Playback | None = None
        self._playing_from_seconds = 0.0  # in the prompt that began last
        self._free = asyncio.Event()  # unless it is held
        self._free.set()
        self._task = asyncio.get_running_loop().create_task(self._speak())

    async def finished(self) -> None:
        """Wait until all was said, or stopped.

        Raises:
            SpeechError: a prompt could not be spoken.
            HungUp: the line closed.
        """
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.result()

    def hold(self) -> None:
        """Fall silent within one frame; nothing is said until `go_on`."""
        self._free.clear()
        self._silence()

    def go_on(self) -> None:
        """Speak on from the beginning of the sentence that `hold` cut, or from a pause in it after a short silence."""
        self._free.set()

    def stop(self) -> None:
        """Fall silent within one frame; safe more than once."""
        self._task.cancel()
        self._silence()

    def heard(self) -> tuple[str, ...]:
        """Return what was heard of each prompt; empty where it never began."""
        self._note_played()
        texts = [spoken.heard_text for spoken in self._spoken]
        return (*texts, *[""] * (len(self._prompts) - len(texts)))

    async def _speak(self) -> None:
        following = self._make(0) if self._prompts else None
        try:
            for number, prompt in enumerate(self._prompts):
                assert following is not None
                speech = await following
                last = number + 1 == len(self._prompts)
                if not last:
                    following = self._make(number + 1)
                await self._free.wait()  # the listener, who holds, has limits
                self._playing = None
                self._spoken.append(SpokenPrompt(prompt, speech))
                await self._play(self._spoken[-1], speech.pcm16 if last else speech.pcm16 + self._pause)
        finally:
            if following is not None:
                following.cancel()

    async def _play(self, spoken: SpokenPrompt, pcm16: bytes) -> None:
        loop = asyncio.get_running_loop()
        start = 0.0
        while True:
            self._playing_from_seconds = start
            self._playing = self._audio.play(pcm16[2 * round(start * SAMPLE_RATE_HZ) :])
            if not self._sounded:
                sounded_at = await self._playing.started()
                if sounded_at is not None:
                    self._sounded = True
                    self._on_first_sound(sounded_at)
            played = await self._playing.finished()
            self._note_played()
            if played.complete:
                return
            cut_at = loop.time()
            await self._free.wait()
            start = spoken.place_to_go_on(start + played.heard_seconds, loop.time() - cut_at)

    def _silence(self) -> None:
        if self._playing is not None:
            self._playing.stop()

    def _note_played(self) -> None:
        if self._spoken and self._playing is not None:
            self._spoken[-1].played_to(self._playing_from_seconds + self._playing.heard_seconds)

    def _make(self, number: int) -> asyncio.Task[Speech]:
        prompt = self._prompts[number]
        making = asyncio.get_running_loop().create_task(
            self._speech.speech_for(prompt.text, recorded=prompt.recorded, sensitive=prompt.sensitive)
        )
        making.add_done_callback(lambda task: task.cancelled() or task.exception())  # a stopped turn reads it no more
        return making
