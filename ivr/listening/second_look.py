"""A read-back («…, верно?») is heard as yes or no first; only what is neither is heard again as a correction.

One list for both would cost every tenth «верно»: its bigram lets the number words in everywhere (measured with espeak's
voices: 66 of 66 answers right with the list of yes and no alone, 39 with the corrections in it).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import SAMPLE_RATE_HZ, Hypothesis, PhraseList, Recogniser, RecognitionStream
from dialogs.engine.vocabulary import Question
from dialogs.grammar import yes_no
from dialogs.grammar.correction_words import read_changes
from dialogs.grammar.dictation import dictation

MAX_SECONDS = 30
LEAST_NUMBER_WORDS = 2
"""One may be any noise."""


def with_second_look(recogniser: Recogniser | None, question: Question) -> Recogniser | None:
    """Return what hears the answers of a question: the recogniser itself, unless a number may be corrected."""
    return SecondLook(recogniser, question) if recogniser is not None and question.corrections else recogniser


class SecondLook:
    """Hears unknown speech once more, by the words of corrections. Implements `asr_models.port.Recogniser`."""

    def __init__(self, recogniser: Recogniser, question: Question) -> None:
        self.name = recogniser.name
        self._recogniser = recogniser
        self._question = question

    def open_stream(self, phrases: PhraseList) -> RecognitionStream:
        """Start one utterance."""
        return _Stream(self._recogniser, self._recogniser.open_stream(phrases), self._question)

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return the words of the list that the model can never hear."""
        return self._recogniser.vocabulary_lacks(phrases)

    async def close(self) -> None:
        """Leave the recogniser to its owner."""


class _Stream:
    """Implements `asr_models.port.RecognitionStream`."""

    def __init__(self, recogniser: Recogniser, first: RecognitionStream, question: Question) -> None:
        self._recogniser = recogniser
        self._first = first
        self._second: RecognitionStream | None = None
        self._phrases = frozenset(question.phrases)
        self._corrections = PhraseList((*question.phrases, *question.corrections), dictation=True)
        self._heard = bytearray()
        self._cancelled = False

    def feed(self, pcm16: bytes) -> None:
        self._first.feed(pcm16)
        if len(self._heard) < MAX_SECONDS * SAMPLE_RATE_HZ * 2:
            self._heard += pcm16

    def partials(self) -> AsyncIterator[Hypothesis]:
        return self._first.partials()

    async def finish(self) -> Hypothesis:
        answer = await self._first.finish()
        if self._cancelled or self._is_plain(answer.text):
            return answer
        self._second = self._recogniser.open_stream(self._corrections)
        self._second.feed(bytes(self._heard))
        correction = await self._second.finish()
        return correction if _is_correction(correction.text) else answer

    def _is_plain(self, text: str) -> bool:
        """Say whether it is an answer as the list has it; words strung together mostly are forced into it."""
        return not text or text in self._phrases or (UNKNOWN not in text.split() and yes_no.parse(text) is True)

    def cancel(self) -> None:
        self._cancelled = True
        self._heard.clear()
        self._first.cancel()
        if self._second is not None:
            self._second.cancel()


def _is_correction(text: str) -> bool:
    return len(dictation(text).words) >= LEAST_NUMBER_WORDS or bool(read_changes(text).places)
