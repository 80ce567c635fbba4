"""What the line plays: recorded, kept or freshly spoken, always telephone audio."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from tts.cache import DiskCache, MemoryCache, cache_key
from tts.port import Speech, SpeechEngine, SpeechError, TextRefused
from tts.recordings import RecordedPrompts
from tts.sentences import sentences
from tts.settings import SpeechSettings
from tts.telephone_audio import joined, silence, telephone_speech

_log = structlog.get_logger()
_EMPTY_PROMPT_SECONDS = 0.1

Progress = Callable[[int, int], None]
"""Called after each text with (done, total)."""


@dataclass(slots=True)
class SpeechCounters:
    """What happened since the start, for metrics. Sentences, unless it says prompts."""

    recorded_prompts: int = 0
    failed_prompts: int = 0
    empty_prompts: int = 0
    memory_hits: int = 0
    disk_hits: int = 0
    coalesced: int = 0  # waited for the same sentence that another call had asked for
    spoken_by_engine: Counter[str] = field(default_factory=Counter)
    failures_by_engine: Counter[str] = field(default_factory=Counter)

    @property
    def hits(self) -> int:
        """Sentences that needed no synthesis."""
        return self.memory_hits + self.disk_hits

    @property
    def misses(self) -> int:
        """Sentences that were spoken afresh."""
        return self.spoken_by_engine.total()


class TelephonePromptSpeech:
    """The line's `PromptSpeech`: recording, cache, then the engines in order."""

    def __init__(
        self,
        engines: Sequence[SpeechEngine],
        settings: SpeechSettings,
        *,
        recordings: RecordedPrompts | None = None,
    ) -> None:
        self._engines = tuple(engines)
        self._settings = settings
        self._recordings = recordings or RecordedPrompts({})
        self._memory = MemoryCache(settings.memory_megabytes * 1024 * 1024)
        self.disk = (
            DiskCache(settings.cache_dir, settings.cache_megabytes * 1024 * 1024) if settings.cache_dir else None
        )
        self._under_way: dict[str, asyncio.Task[Speech]] = {}
        self._rests_until: dict[str, float] = {}  # engine -> loop time
        self._closed = False
        self.counters = SpeechCounters()

    async def speech_for(self, text: str, *, recorded: str | None = None, sensitive: bool = False) -> Speech:
        """Return 8 kHz audio of one prompt; see `PromptSpeech`.

        Raises:
            SpeechError: no recording exists and every engine failed, or the prompt took too long.
        """
        if recorded is not None and (speech := self._recordings.get(recorded)) is not None:
            self.counters.recorded_prompts += 1
            return speech
        try:
            return await self._spoken_prompt(text, sensitive)
        except SpeechError:
            self.counters.failed_prompts += 1
            raise

    async def warm_up(self, texts: Iterable[str], progress: Progress | None = None) -> int:
        """Start the first engine and speak texts before a caller needs them; return how many could not be spoken.

        One after another, so that running calls are not kept waiting.
        """
        wanted = tuple(dict.fromkeys(texts))
        await self._wake()
        failed = 0
        for done, text in enumerate(wanted, start=1):
            try:
                await self.speech_for(text)
            except SpeechError as error:
                failed += 1
                _log.warning("prompt could not be spoken ahead", error=str(error), chars=len(text))
            if progress is not None:
                progress(done, len(wanted))
        return failed

    async def close(self) -> None:
        """Cancel what is being spoken and end the engines."""
        self._closed = True
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for engine in self._engines:
            await engine.close()

    async def _wake(self) -> None:
        # When all texts are on disk already, the first caller's own sentence would have to wait for the worker's start.
        for engine in self._engines[:1]:
            try:
                await engine.synthesise("Да.")
            except SpeechError as error:
                self._failed(engine, str(error), rest=True)

    async def _spoken_prompt(self, text: str, sensitive: bool) -> Speech:
        if self._closed:
            raise SpeechError("speech is closed")
        if len(text) > self._settings.max_text_chars:
            raise SpeechError(f"prompt of {len(text)} characters; the limit is {self._settings.max_text_chars}")
        pieces = sentences(text)
        if not pieces:
            # A mistake in the dialogue, but no reason to end a call.
            self.counters.empty_prompts += 1
            _log.warning("prompt without a word", chars=len(text))
            return silence(_EMPTY_PROMPT_SECONDS)
        try:
            async with asyncio.timeout(self._settings.prompt_limit_seconds):
                if sensitive:
                    parts = [await self._synthesised(piece, keep=False) for piece in pieces]
                else:
                    parts = await asyncio.gather(*[self._shared(piece) for piece in pieces])
        except TimeoutError:
            raise SpeechError(f"prompt not spoken within {self._settings.prompt_limit_seconds} s") from None
        return joined(parts, pause_seconds=self._settings.sentence_pause_seconds)

    async def _shared(self, sentence: str) -> Speech:
        """Wait for the one task that speaks a sentence, however many calls wait for it."""
        for engine in self._order()[:1]:
            if (hot := self._memory.get(self._key(engine, sentence))) is not None:
                self.counters.memory_hits += 1
                return hot
        task = self._under_way.get(sentence)
        if task is None:
            task = asyncio.create_task(self._synthesised(sentence, keep=True))
            self._under_way[sentence] = task
            task.add_done_callback(lambda done: self._finished(sentence, done))
        else:
            self.counters.coalesced += 1
        try:
            # A caller who hangs up must not take the sound from the others.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if task.cancelled() and current is not None and not current.cancelling():
                # Not this caller was cancelled: `close` ended the synthesis.
                raise SpeechError("speech is closed") from None
            raise

    def _finished(self, sentence: str, task: asyncio.Task[Speech]) -> None:
        del self._under_way[sentence]
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more

    async def _synthesised(self, sentence: str, *, keep: bool) -> Speech:
        errors = []
        for engine in self._order():
            key = self._key(engine, sentence)
            if keep and (kept := await self._kept(key)) is not None:
                return kept
            try:
                async with asyncio.timeout(self._settings.synthesis_limit_seconds):
                    raw = await engine.synthesise(sentence)
                speech = await asyncio.to_thread(telephone_speech, raw, level_dbfs=self._settings.level_dbfs)
            except (SpeechError, TimeoutError) as error:
                reason = str(error) or f"took longer than {self._settings.synthesis_limit_seconds} s"
                errors.append(f"{engine.name}: {reason}")
                self._failed(engine, reason, rest=not isinstance(error, TextRefused))
                continue
            self._rests_until.pop(engine.name, None)
            self.counters.spoken_by_engine[engine.name] += 1
            if keep:
                self._memory.put(key, speech)
                if self.disk is not None:
                    await asyncio.to_thread(self.disk.put, key, speech)
            return speech
        raise SpeechError("; ".join(errors) or "no speech engine is available")

    async def _kept(self, key: str) -> Speech | None:
        speech = self._memory.get(key)
        if speech is not None:
            self.counters.memory_hits += 1
        elif self.disk is not None and (speech := await asyncio.to_thread(self.disk.get, key)) is not None:
            self.counters.disk_hits += 1
            self._memory.put(key, speech)
        return speech

    def _order(self) -> list[SpeechEngine]:
        """Engines that rest after a failure come last: a hanging one costs its limit once, not in each prompt."""
        now = asyncio.get_running_loop().time()
        return sorted(self._engines, key=lambda engine: self._rests_until.get(engine.name, now) > now)

    def _key(self, engine: SpeechEngine, sentence: str) -> str:
        return cache_key(engine.name, engine.voice, self._settings.level_dbfs, sentence)

    def _failed(self, engine: SpeechEngine, reason: str, *, rest: bool) -> None:
        self.counters.failures_by_engine[engine.name] += 1
        if rest:
            self._rests_until[engine.name] = asyncio.get_running_loop().time() + self._settings.engine_rest_seconds
        # The reason never carries the text: it may be a name or a number.
        _log.warning("speech engine failed", engine=engine.name, reason=reason)
