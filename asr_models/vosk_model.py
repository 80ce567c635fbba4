"""A Vosk model in memory: what it knows, and a decoder for each utterance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import vosk

from asr_models.model_folder import check_model_folder
from asr_models.phrase_grammar import GrammarCache, missing_words
from asr_models.port import SAMPLE_RATE_HZ, Hypothesis, ModelInvalid, PhraseList
from asr_models.settings import HearingSettings
from asr_models.vosk_results import MAX_ALTERNATIVES, Transcript


class Decoder:
    """A Vosk recogniser of one utterance; used by one thread at a time."""

    def __init__(self, recogniser: Any, transcript: Transcript) -> None:
        self._recogniser = recogniser
        self._transcript = transcript

    def accept(self, pcm16: bytes) -> None:
        """Decode audio. Where Vosk's own end-pointing cuts, its piece must be taken at once or it is lost."""
        if self._recogniser.AcceptWaveform(pcm16):
            self._transcript.take(self._recogniser.Result())

    def partial(self) -> Hypothesis:
        """Return the reading so far."""
        return self._transcript.partial(self._recogniser.PartialResult())

    def final(self) -> Hypothesis:
        """Flush and return the final reading."""
        self._transcript.take(self._recogniser.FinalResult())
        return self._transcript.final()


class VoskModel:
    """A loaded model; any number of decoders use it at once."""

    def __init__(self, path: Path, settings: HearingSettings) -> None:
        """Check and load a model; blocks (0.2 s for a bundled one).

        Raises:
            ModelInvalid: the folder is missing, damaged or of another kind.
        """
        folder = check_model_folder(path, trial_limit_seconds=settings.trial_limit_seconds)
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(folder.path))
        except Exception as error:  # Vosk raises nothing narrower
            raise ModelInvalid(f"{folder.path}: Vosk cannot load it: {error}") from error
        self.name = folder.name
        self.takes_phrase_lists = folder.takes_phrase_lists
        self._min_word_confidence = settings.min_word_confidence
        self._grammars = GrammarCache(self._knows, settings.decoys, dictation_decoys=settings.dictation_decoys)

    def lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return the words of the list that this model can never hear."""
        return missing_words(phrases, self._knows)

    def decoder(self, phrases: PhraseList) -> Decoder:
        """Make what decodes one utterance (3 ms with a long phrase list)."""
        grammar = self._grammars.grammar(phrases) if self.takes_phrase_lists else None
        arguments = (self._model, float(SAMPLE_RATE_HZ)) + ((grammar.json,) if grammar else ())
        recogniser = vosk.KaldiRecognizer(*arguments)
        if phrases.dictation:
            recogniser.SetMaxAlternatives(MAX_ALTERNATIVES)
        else:
            recogniser.SetWords(True)
        rejects = grammar is not None and phrases.allow_unknown
        least = self._min_word_confidence if rejects else 0.0
        return Decoder(recogniser, Transcript(grammar, min_word_confidence=least))

    def _knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)
