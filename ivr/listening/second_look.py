"""What an answer's own list does not hold is heard again: as a correction of a number, then as free speech.

A yes or no beside such speech counts only if free speech holds it, too, a correction if it holds much of it.

One list for all would cost every tenth «верно»: its bigram lets the other words in everywhere (measured with espeak's
voices: 66 of 66 answers right with the list of yes and no alone, 39 with the corrections in it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import structlog

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import (
    FREE_SPEECH,
    SAMPLE_RATE_HZ,
    Hypothesis,
    PhraseList,
    Recogniser,
    RecognitionError,
    RecognitionStream,
)
from dialogs.engine.answers import COMMANDS
from dialogs.engine.vocabulary import AnswerKind, Question
from dialogs.grammar import option_in, options_of, yes_no
from dialogs.grammar.correction_words import read_changes
from dialogs.grammar.dictation import dictation
from dialogs.grammar.words import words

log = structlog.get_logger()

MAX_SECONDS = 30
LEAST_NUMBER_WORDS = 2
"""One may be any noise."""
LEAST_AGREED_SHARE = 0.4
"""Of a correction's words that free speech must hold, too: the graph of numbers hears numbers in any talk. Of 167
corrections by voices never trained on 98 % have it, of talk beside the point that sounds like one 20 %."""
_NOTHING = Hypothesis("", 0.0, is_final=True)


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
        self._words = _QuestionWords(question)

    def open_stream(self, phrases: PhraseList) -> RecognitionStream:
        """Start one utterance."""
        return _Stream(self._recogniser, self._recogniser.open_stream(phrases), self._words)

    def vocabulary_lacks(self, phrases: PhraseList) -> tuple[str, ...]:
        """Return the words of the list that the model can never hear."""
        return self._recogniser.vocabulary_lacks(phrases)

    async def close(self) -> None:
        """Leave the recogniser to its owner."""


class _QuestionWords:
    """What one question's words mean to the looks; made once for all its utterances."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._phrases = frozenset(question.phrases)
        self._options = options_of(question)
        self._is_yes_no = question.answer is AnswerKind.YES_NO
        self._is_about_number = question.answer is AnswerKind.DIGITS or bool(question.corrections)
        answers = [
            phrase
            for phrase, meaning in zip(question.phrases, question.meanings, strict=False)
            if meaning not in COMMANDS  # «подождите» would be heard, and numbers behind it
        ]
        self._corrections = PhraseList((*answers, *question.corrections), dictation=True)

    def corrections_for(self, text: str) -> PhraseList | None:
        """Return what to hear an answer to a read-back by again; None where it is an answer as the list has it.

        Words strung together mostly are forced into the list.
        """
        is_plain = text in self._phrases or (UNKNOWN not in text.split() and yes_no.parse(text) is True)
        return self._corrections if self._question.corrections and not is_plain else None

    def may_be_wish(self, text: str) -> bool:
        """Say whether more may have been said than an answer, or a part of one."""
        if not self._question.digressions or option_in(text, self._options) is not None:
            return False
        if self._is_about_number:
            return not dictation(text).words
        return not self._is_yes_no or yes_no.parse(text) is None

    def is_doubtful(self, text: str) -> bool:
        """Say whether a yes or no stands beside other speech: any talk sounds like «нет» in one of its places.

        Other words of the list are no better than unknown speech: «подождите а сколько у меня баллов» was heard as
        «подождите так отмени правильно».
        """
        if not self._is_yes_no or text in self._phrases or yes_no.parse(text) is None:
            return False
        beside = yes_no.without(text).split()
        return UNKNOWN in text.split() or any(word != UNKNOWN for word in beside)

    def wish(self, free_text: str) -> str:
        """Return what free speech may wish for; empty when it is no wish.

        Numbers in it are noise where the lists of numbers held none, and so are yes and no.
        """
        if self._is_about_number and dictation(free_text).words:
            return ""
        text = yes_no.without(free_text) if self._is_yes_no else free_text
        return text if any(word != UNKNOWN for word in text.split()) else ""


class _Stream:
    """Implements `asr_models.port.RecognitionStream`."""

    def __init__(self, recogniser: Recogniser, first: RecognitionStream, words: _QuestionWords) -> None:
        self._recogniser = recogniser
        self._first = first
        self._further: RecognitionStream | None = None
        self._words = words
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
        if not answer.text:
            return answer
        free: Hypothesis | None = None
        if self._words.is_doubtful(answer.text):
            free = await self._hear_again(FREE_SPEECH)
            if yes_no.parse(free.text) != yes_no.parse(answer.text):
                answer = replace(answer, text=yes_no.without(answer.text))
        corrections = self._words.corrections_for(answer.text)
        if corrections is not None:
            correction = await self._hear_again(corrections)
            if _is_correction(correction.text):
                free = free or await self._hear_again(FREE_SPEECH)
                if _agreed_share(correction.text, free.text) >= LEAST_AGREED_SHARE:
                    return _without_new_yes(correction, answer.text)
        if self._words.may_be_wish(answer.text):
            free = free or await self._hear_again(FREE_SPEECH)
            wish = self._words.wish(free.text)
            if wish:
                return Hypothesis(wish, free.confidence, is_final=True, alternatives=(answer.text,))
        return answer

    async def _hear_again(self, phrases: PhraseList) -> Hypothesis:
        """Hear the same audio by other words; nothing when that takes too long: the list's own reading is there."""
        if self._cancelled:
            return _NOTHING
        try:
            self._further = self._recogniser.open_stream(phrases)
            self._further.feed(bytes(self._heard))
            return await self._further.finish()
        except RecognitionError as error:
            log.warning("listening.second_look_failed", error=str(error))
            return _NOTHING

    def cancel(self) -> None:
        self._cancelled = True
        self._heard.clear()
        self._first.cancel()
        if self._further is not None:
            self._further.cancel()


def _is_correction(text: str) -> bool:
    return len(dictation(text).words) >= LEAST_NUMBER_WORDS or bool(read_changes(text).places)


def _without_new_yes(correction: Hypothesis, listed_text: str) -> Hypothesis:
    """Drop a yes that the list of answers did not hear: it confirms a number, and the list hears it best."""
    if yes_no.parse(listed_text) is True:
        return correction
    text, *others = (
        yes_no.without(reading) if yes_no.parse(reading) is True else reading
        for reading in (correction.text, *correction.alternatives)
    )
    return replace(correction, text=text, alternatives=tuple(others))


def _agreed_share(correction_text: str, free_text: str) -> float:
    corrected, free = Counter(words(correction_text)), Counter(words(free_text))
    return (corrected & free).total() / max(1, corrected.total())
