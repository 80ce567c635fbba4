"""Vosk in this process: shared models, one stream per utterance, decoded off the event loop."""

from __future__ import annotations

import asyncio

from asr_models.decoding_pool import DecodingPool
from asr_models.port import SAMPLE_RATE_HZ, PhraseList, RecogniserOverloaded
from asr_models.question_models import load_models
from asr_models.settings import HearingSettings
from asr_models.vosk_stream import VoskStream


class VoskRecogniser:
    """Loaded Vosk models, one for each kind of question. Streams are opened from an event loop and belong to it."""

    def __init__(self, settings: HearingSettings | None = None) -> None:
        """Check and load the models; blocks (0.2 s for the bundled ones), so call it before serving or in a thread.

        Raises:
            ModelInvalid: the folder of the model for phrase lists is missing, damaged or of another kind.
        """
        self._settings = settings or HearingSettings()
        self._models = load_models(self._settings)
        self.name = f"vosk/{self._models.closed.name}"
        self._pool = DecodingPool(self._settings.threads, niceness=self._settings.niceness)
        self._streams: set[VoskStream] = set()

    @property
    def is_up(self) -> bool:
        """Whether questions can be heard: always, once the models are loaded."""
        return True

    @property
    def state(self) -> str:
        """Which model hears which question."""
        return f"{self.name}, numbers: {self._models.digits.name}, open questions: {self._models.open.name}"

    @property
    def problems(self) -> tuple[str, ...]:
        """Return which chosen model was refused, why, and what serves instead."""
        return self._models.problems

    @property
    def open_streams(self) -> int:
        """How many utterances are being heard now."""
        return len(self._streams)

    def open_stream(self, phrases: PhraseList) -> VoskStream:
        """Start one utterance, with the model for such questions.

        Raises:
            RecogniserOverloaded: `max_streams` are open.
        """
        if len(self._streams) >= self._settings.max_streams:
            raise RecogniserOverloaded(f"{len(self._streams)} streams are open")
        model = self._models.of(phrases)
        stream = VoskStream(
            self._pool,
            lambda: model.decoder(phrases),
            on_over=self._streams.discard,
            backlog_bytes=_whole_bytes(self._settings.backlog_seconds),
            gather_bytes=_whole_bytes(self._settings.gather_seconds),
            slice_bytes=_whole_bytes(self._settings.slice_seconds),
            final_limit_seconds=self._settings.final_limit_seconds,
        )
        self._streams.add(stream)
        return stream

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return the words of the list that the model for such questions can never hear."""
        return self._models.of(phrases).lacks(phrases)

    async def caught_up(self) -> None:
        """Wait until all that was fed so far is decoded; for recordings, which are fed faster than time passes."""
        await asyncio.gather(*(stream.decoded() for stream in tuple(self._streams)))

    async def close(self) -> None:
        """Drop open streams and stop the decoding threads."""
        for stream in tuple(self._streams):
            stream.cancel()
        await asyncio.to_thread(self._pool.close, self._settings.final_limit_seconds)


def _whole_bytes(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE_HZ) * 2
