"""Prompts spoken one after another: the next is made while the previous plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from dialogs.engine.vocabulary import Prompt
from ivr.audio.port import SAMPLE_RATE_HZ, CallAudio, Playback
from tts.port import PromptSpeech, Speech


class Utterance:
    """One turn's prompts on their way to the caller."""

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
        self._playing: Playback | None = None
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

    def stop(self) -> None:
        """Fall silent within one frame; safe more than once."""
        self._task.cancel()
        if self._playing is not None:
            self._playing.stop()

    async def _speak(self) -> None:
        following = self._make(0) if self._prompts else None
        try:
            for number in range(len(self._prompts)):
                assert following is not None
                speech = await following
                last = number + 1 == len(self._prompts)
                if not last:
                    following = self._make(number + 1)
                self._playing = self._audio.play(speech.pcm16 if last else speech.pcm16 + self._pause)
                if number == 0:
                    started = await self._playing.started()
                    if started is not None:
                        self._on_first_sound(started)
                await self._playing.finished()
        finally:
            if following is not None:
                following.cancel()

    def _make(self, number: int) -> asyncio.Task[Speech]:
        prompt = self._prompts[number]
        making = asyncio.get_running_loop().create_task(
            self._speech.speech_for(prompt.text, recorded=prompt.recorded, sensitive=prompt.sensitive)
        )
        making.add_done_callback(lambda task: task.cancelled() or task.exception())  # a stopped turn reads it no more
        return making
