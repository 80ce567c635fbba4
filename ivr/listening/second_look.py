"""What an answer's own list does not hold is heard again: as a correction of a number, then as free speech.

One list for all would cost every tenth «верно»: its bigram lets the other words in everywhere (measured with espeak's
voices: 66 of 66 answers right with the list of yes and no alone, 39 with the corrections in it).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import FREE_SPEECH, SAMPLE_RATE_HZ, Hypothesis, PhraseList, Recogniser, RecognitionStream
from dialogs.engine.commands import ONLY_BY_THEMSELVES
from dialogs.engine.vocabulary import AnswerKind, Question
from dialogs.grammar import options_of, yes_no
from dialogs.grammar.choice import match
from dialogs.grammar.correction_words import read_changes
from dialogs.grammar.dictation import dictation

MAX_SECONDS = 30
COMMAND_MARK = "!"
LEAST_NUMBER_WORDS = 2
"""One may be any noise."""


def with_second_look(recogniser: Recogniser | None, question: Question) -> Recogniser | None:
    """Return what hears the answers of a question: the recogniser itself, unless more than the list may be said."""
    if recogniser is None or question.free_speech or not (question.corrections or question.digressions):
        return recogniser
    return SecondLook(recogniser, question)


class SecondLook:
    """Hears unknown speech once more, by other words. Implements `asr_models.port.Recogniser`."""

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
        self._further: RecognitionStream | None = None
        self._question = question
        self._phrases = frozenset(question.phrases)
        self._options = options_of(question)
        answers = [
            phrase
            for phrase, meaning in zip(question.phrases, question.meanings, strict=False)
            if not meaning.startswith(COMMAND_MARK)  # «подождите» would be heard, and numbers behind it
        ]
        self._corrections = (*answers, *question.corrections)
        self._asks_for_number = question.answer is AnswerKind.DIGITS or bool(question.corrections)
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
        if self._cancelled or not answer.text:
            return answer
        if self._question.corrections and not self._is_plain(answer.text):
            correction = await self._hear_again(PhraseList(self._corrections, dictation=True))
            if _is_correction(correction.text):
                return correction
        if self._question.digressions and not self._cancelled and not self._tells(answer.text):
            free = await self._hear_again(FREE_SPEECH)
            if self._is_wish(free.text):
                return Hypothesis(
                    free.text, free.confidence, is_final=True, alternatives=(*free.alternatives, answer.text)
                )
        return answer

    async def _hear_again(self, phrases: PhraseList) -> Hypothesis:
        self._further = self._recogniser.open_stream(phrases)
        self._further.feed(bytes(self._heard))
        return await self._further.finish()

    def _is_plain(self, text: str) -> bool:
        """Say whether it is an answer as the list has it; words strung together mostly are forced into it."""
        return text in self._phrases or (UNKNOWN not in text.split() and yes_no.parse(text) is True)

    def _is_wish(self, text: str) -> bool:
        """Say whether free speech may be a wish; numbers in it are noise where the lists of numbers held none."""
        if self._asks_for_number and dictation(text).words:
            return False
        return any(word != UNKNOWN for word in text.split())

    def _tells(self, text: str) -> bool:
        """Say whether it carries an answer, or a part of one."""
        found = match(text, self._options)
        if found is not None and not (found.value in ONLY_BY_THEMSELVES and UNKNOWN in text):
            return True
        if self._asks_for_number:
            return bool(dictation(text).words)
        return self._question.answer is AnswerKind.YES_NO and yes_no.parse(text) is not None

    def cancel(self) -> None:
        self._cancelled = True
        self._heard.clear()
        self._first.cancel()
        if self._further is not None:
            self._further.cancel()


def _is_correction(text: str) -> bool:
    return len(dictation(text).words) >= LEAST_NUMBER_WORDS or bool(read_changes(text).places)
