"""Vosk in this process: one shared model, one stream per utterance, decoded off the event loop."""

from __future__ import annotations

import asyncio

import vosk

from asr_models.decoding_pool import DecodingPool
from asr_models.model_folder import check_model_folder
from asr_models.phrase_grammar import GrammarCache, missing_words
from asr_models.port import SAMPLE_RATE_HZ, ModelInvalid, PhraseList, RecogniserOverloaded
from asr_models.settings import BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_stream import Decoder, VoskStream


class VoskRecogniser:
    """A loaded Vosk model. Streams are opened from an event loop and belong to it."""

    def __init__(self, settings: HearingSettings | None = None) -> None:
        """Check and load the model; blocks (0.2 s for the bundled one), so call it before serving or in a thread.

        Raises:
            ModelInvalid: the folder is missing, damaged or of another kind.
        """
        self._settings = settings or HearingSettings()
        folder = check_model_folder(
            self._settings.model_dir or BUNDLED_MODEL_DIR, trial_limit_seconds=self._settings.trial_limit_seconds
        )
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(folder.path))
        except Exception as error:  # Vosk raises nothing narrower
            raise ModelInvalid(f"{folder.path}: Vosk cannot load it: {error}") from error
        self.name = f"vosk/{folder.name}"
        self.takes_phrase_lists = folder.takes_phrase_lists
        self._grammars = GrammarCache(self._knows, self._settings.decoys)
        self._pool = DecodingPool(self._settings.threads, niceness=self._settings.niceness)
        self._streams: set[VoskStream] = set()

    @property
    def open_streams(self) -> int:
        """How many utterances are being heard now."""
        return len(self._streams)

    def open_stream(self, phrases: PhraseList) -> VoskStream:
        """Start one utterance.

        Raises:
            RecogniserOverloaded: `max_streams` are open.
        """
        if len(self._streams) >= self._settings.max_streams:
            raise RecogniserOverloaded(f"{len(self._streams)} streams are open")
        stream = VoskStream(
            self._pool,
            lambda: self._decoder(phrases),
            on_over=self._streams.discard,
            backlog_bytes=_whole_bytes(self._settings.backlog_seconds),
            gather_bytes=_whole_bytes(self._settings.gather_seconds),
            slice_bytes=_whole_bytes(self._settings.slice_seconds),
            final_limit_seconds=self._settings.final_limit_seconds,
        )
        self._streams.add(stream)
        return stream

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return the words of the list that this model can never hear."""
        return missing_words(phrases, self._knows)

    async def caught_up(self) -> None:
        """Wait until all that was fed so far is decoded; for recordings, which are fed faster than time passes."""
        await asyncio.gather(*(stream.decoded() for stream in tuple(self._streams)))

    async def close(self) -> None:
        """Drop open streams and stop the decoding threads."""
        for stream in tuple(self._streams):
            stream.cancel()
        await asyncio.to_thread(self._pool.close, self._settings.final_limit_seconds)

    def _knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def _decoder(self, phrases: PhraseList) -> Decoder:
        grammar = self._grammars.grammar(phrases) if self.takes_phrase_lists else None
        arguments = (self._model, float(SAMPLE_RATE_HZ)) + ((grammar.json,) if grammar else ())
        recogniser = vosk.KaldiRecognizer(*arguments)
        recogniser.SetWords(True)
        rejects = grammar is not None and phrases.allow_unknown
        least = self._settings.min_word_confidence if rejects else 0.0
        return Decoder(recogniser, grammar, min_word_confidence=least)


def _whole_bytes(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE_HZ) * 2
