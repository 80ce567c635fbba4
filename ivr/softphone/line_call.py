"""One call on a phone of ours: what is said, pressed and heard on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from baresip import BaresipError
from baresip.errors import StaleHandleError

from ivr.softphone.call_events import Happening, Phase, Side
from ivr.softphone.call_life import CallLife
from ivr.softphone.caller_voice import read_wav
from ivr.softphone.errors import (
    CallOver,
    CallRefused,
    NoEndOfPrompt,
    NotAnswered,
    NothingHeard,
    SoftphoneError,
    StillUp,
)
from ivr.softphone.frames import SAMPLE_RATE_HZ, Samples, SoundRun
from ivr.softphone.recording import write_stereo_wav

_log = structlog.get_logger()

_LONGEST_SPEECH_SECONDS = 300.0


class LineCall(CallLife):
    """One call, either way. Made by SoftPhones and AgentPhone.

    `heard` is what came from the far end, `sent` what our side said. Audio is taken and given by the pump of the
    phones, so that nothing on this class needs to be called in time.
    """

    async def answered(self, limit_seconds: float | None = None) -> None:
        """Wait until the far end answers; the call is hung up when it does not in time.

        Raises:
            CallRefused, NotAnswered
        """
        limit = self._settings.answer_limit_seconds if limit_seconds is None else limit_seconds
        try:
            if not await self._until(lambda: self.phase in (Phase.TALKING, Phase.OVER), limit, survive=True):
                raise NotAnswered(
                    f"{self.number} did not answer within {limit:g} s"
                    + (" (it was ringing)" if self.ringing_at is not None else "")
                )
        except BaseException:
            if not self.over:
                await self.hang_up()
            raise
        if self.answered_at is None:
            status, _, reason = self.end_reason.partition(" ")
            raise CallRefused(
                f"{self.number} refused the call: {self.end_reason or 'no reason given'}",
                status=int(status) if status.isdigit() else None,
                reason=reason if status.isdigit() else self.end_reason,
            )

    async def answer(self) -> None:
        """Answer an incoming call.

        Raises:
            CallOver: the far end gave up first.
        """
        self._must_be_up()
        try:
            await self._native.answer()
        except StaleHandleError as error:
            raise CallOver("the caller gave up before the call was answered") from error
        except BaresipError as error:
            raise SoftphoneError(f"the call could not be answered: {error}") from error
        if not await self._until(lambda: self.phase is Phase.TALKING, self._settings.answer_limit_seconds):
            raise NotAnswered("the answer was not confirmed")

    async def reject(self) -> None:
        """Refuse an incoming call with 486 Busy Here."""
        self._hanging_up = True
        await self._end(self._native.reject)

    async def hang_up(self) -> None:
        """End the call in whatever phase it is, and wait (for a while) until the far end knows."""
        if self.over:
            return
        self._hanging_up = True
        await self._end(self._native.hangup)

    async def _end(self, command: Callable[[], Any]) -> None:
        try:
            await command()
        except StaleHandleError:
            pass  # the far end was quicker
        except BaresipError as error:
            _log.warning("call could not be ended properly", error=str(error))
        limit = self._settings.hang_up_limit_seconds
        if not await self._until(lambda: self.over, limit, survive=True):
            self._close(f"the stack did not confirm the end within {limit:g} s", {})
            self.sound.news.set()

    async def say(self, words: str | bytes | Path) -> None:
        """Say a text, a WAV file or 8 kHz audio, and return when its last frame has left.

        Raises:
            CallOver: the call ended before that.
            CallerVoiceFailed: there is no sound for it.
        """
        match words:
            case bytes():
                pcm16, label = words, f"{len(words) / 16000:.1f} s of audio"
            case Path():
                pcm16, label = await asyncio.to_thread(read_wav, words), words.name
            case str():
                pcm16, label = await self._voice.speech(words), f"«{words}»"
        seconds = len(pcm16) / 2 / SAMPLE_RATE_HZ
        if seconds > _LONGEST_SPEECH_SECONDS:
            raise SoftphoneError(f"{seconds:.0f} s of speech are too much for one utterance")
        self._must_be_up()
        self._note(Happening.SPEAKING, label)
        last = self.sound.queue(pcm16)
        if not await self._until(lambda: self.sound.sent_frames >= last, seconds + 10.0):
            raise SoftphoneError("the stack does not send our audio")
        self.sound.take_turn()
        self._note(Happening.SPOKEN, label)

    def surround(self, pcm16: bytes) -> None:
        """Let 8 kHz audio be heard behind all that is said and between, over and over until the call ends."""
        self.sound.surround(pcm16)

    async def press(self, keys: str, gap_seconds: float = 0.12) -> None:
        """Press telephone keys, each for 0.1 s.

        Raises:
            CallOver: the call ended before the last key.
        """
        self._must_be_up()
        for index, key in enumerate(keys):
            if index:
                await self.hear_seconds(gap_seconds)
            self._note(Happening.KEY, key)
            try:
                await self._native.send_dtmf(key)
            except ValueError as error:
                raise SoftphoneError(f"{key!r} is not a telephone key") from error
            except BaresipError as error:
                raise CallOver(f"the call ended before key {key} was sent") from error
        self.sound.take_turn()

    async def wait_sound(self, limit_seconds: float = 10.0) -> float:
        """Wait until the far end sounds after what was last said or pressed; return when that began.

        Raises:
            NothingHeard
            CallOver
        """
        if not await self._until(lambda: self.sound.new_sound is not None, limit_seconds):
            raise NothingHeard(f"nothing was heard for {limit_seconds:g} s")
        run = self.sound.new_sound
        assert run is not None
        return run.started_at

    async def wait_prompt_end(self, silence_seconds: float = 0.7, limit_seconds: float = 30.0) -> SoundRun:
        """Wait until the far end has sounded and then been silent for a while.

        Only sound after our last word or key counts: a prompt that was over before is not waited for again.

        Raises:
            NothingHeard: no sound at all within the limit.
            NoEndOfPrompt: sound to the limit's end.
            CallOver: the call ended first.
        """

        def silent() -> bool:
            run = self.sound.new_sound
            return run is not None and time.monotonic() - run.ended_at >= silence_seconds

        if not await self._until(silent, limit_seconds):
            if self.sound.new_sound is None:
                raise NothingHeard(f"nothing was heard for {limit_seconds:g} s")
            raise NoEndOfPrompt(f"no {silence_seconds:g} s of silence within {limit_seconds:g} s")
        run = self.sound.new_sound
        assert run is not None
        # What comes next is another prompt.
        self.sound.take_turn()
        return run

    async def hear_seconds(self, seconds: float) -> None:
        """Stay on the line in silence.

        Raises:
            CallOver: the call ended in the meantime.
        """
        await self._until(lambda: False, seconds)

    async def wait_closed(self, limit_seconds: float = 10.0) -> Side:
        """Wait for the end of the call; return who ended it.

        Raises:
            StillUp
        """
        if not await self._until(lambda: self.over, limit_seconds, survive=True):
            raise StillUp(f"the call was not ended within {limit_seconds:g} s")
        assert self.ended_by is not None
        return self.ended_by

    # ---- recording ----

    def both_directions(self) -> tuple[Samples, Samples]:
        """Return what we said and what we heard on one time line that begins with the answer."""
        ended_at = self.over_at if self.over_at is not None else time.monotonic()
        started_at = self.answered_at if self.answered_at is not None else ended_at
        if self.heard.first_frame_at is not None:  # early media
            started_at = min(started_at, self.heard.first_frame_at)
        return self.sent.laid_out(started_at, ended_at), self.heard.laid_out(started_at, ended_at)

    async def save_recording(self, path: Path) -> None:
        """Write the call so far as a stereo WAV: our side left, the far end right."""
        left, right = await asyncio.to_thread(self.both_directions)
        await asyncio.to_thread(write_stereo_wav, path, left, right)
