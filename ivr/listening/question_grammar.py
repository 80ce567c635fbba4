"""What a text means for one question, as far as listening has to know."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import FREE_SPEECH, PhraseList
from dialogs.engine.vocabulary import AnswerKind, Question
from dialogs.grammar import dictating, may_be_corrected, options_of, satisfies, worth_telling, yes_no
from dialogs.grammar.choice import match
from dialogs.grammar.number_words import number_word
from dialogs.grammar.words import words

WISH_WORDS = 3
"""Fewer words that no list holds may be any noise; only the second look hears such words."""


class QuestionGrammar:
    """One question's grammar; remembers its last judgement, since it is asked at every frame."""

    def __init__(self, question: Question, backchannels: Collection[str]) -> None:
        self._question = question
        self._backchannels = frozenset(word for each in backchannels for word in words(each))
        self._numbers = question.answer is AnswerKind.DIGITS or may_be_corrected(question)
        self._listed = frozenset(word for phrase in question.phrases for word in words(phrase))
        self._last: tuple[str, Sequence[str], bool] = ("", (), False)

    @property
    def expected(self) -> PhraseList:
        """What the recogniser is told to expect."""
        if self._question.free_speech:
            return FREE_SPEECH
        return PhraseList(self._question.phrases, dictation=self._question.answer is AnswerKind.DIGITS)

    def satisfied(self, text: str, alternatives: Sequence[str] = ()) -> bool:
        """Say whether the text answers the question completely."""
        if (text, alternatives) != self._last[:2]:
            self._last = (text, alternatives, bool(text) and satisfies(self._question, text, alternatives))
        return self._last[2]

    def worth_telling(self, alternatives: Sequence[str]) -> tuple[str, ...]:
        """Choose the other readings that go with the answer."""
        return worth_telling(self._question, alternatives)

    def dictating(self, text: str) -> bool:
        """Say whether the caller is in the middle of digits."""
        return bool(text) and text != UNKNOWN and dictating(self._question, text)

    def has_words(self, text: str) -> bool:
        """Say whether there is any word in the text; unknown speech and backchannels are none."""
        return bool(self._said(text))

    def tells(self, text: str) -> bool:
        """Say whether the text carries words of the question (a meaning, a number, a command) or a wish."""
        said = self._said(text)
        if not said or self._question.free_speech:
            return bool(said)
        if self._numbers and any(number_word(word) is not None for word in said):
            return True
        if self._question.answer is AnswerKind.YES_NO and yes_no.parse(" ".join(said)) is not None:
            return True
        if self._may_be_wish(text, said):
            return True
        return any(match(" ".join(said), (option,)) is not None for option in options_of(self._question))

    def _may_be_wish(self, text: str, said: Sequence[str]) -> bool:
        is_known = UNKNOWN not in text and len(said) >= WISH_WORDS
        return self._question.digressions and is_known and not self._listed.issuperset(said)

    def _said(self, text: str) -> tuple[str, ...]:
        return tuple(word for word in words(text) if word not in self._backchannels)
