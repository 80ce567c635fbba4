"""Pure Russian grammars of answers: yes and no, one of several options, dictated numbers and their corrections."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.engine.commands import only_by_itself
from dialogs.engine.vocabulary import AnswerKind, Question
from dialogs.grammar import yes_no
from dialogs.grammar.checks import Check
from dialogs.grammar.choice import Match, Option, can_grow_into_another, match
from dialogs.grammar.correction_words import speaks_of_digits
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import MAX_ALTERNATIVES, NumberRule, complete, settle
from dialogs.grammar.words import UNKNOWN

__all__ = ["dictating", "may_be_corrected", "option_in", "options_of", "rule_of", "satisfies", "worth_telling"]

MAX_TOLD = 10
"""Other readings that go with an answer; the engine looks at no more."""

NO = "no"
"""What a phrase of a yes-or-no question may mean."""


def satisfies(question: Question, text: str, alternatives: Sequence[str] = ()) -> bool:
    """Say whether the text already answers the question for sure, so that waiting for more words is idle.

    Commands («оператор», «повторите») satisfy every question. `alternatives` are other readings of the whole speech;
    they count for numbers, and are worth asking about only when the speech has ended.
    """
    options = options_of(question)
    found = option_in(text, options)
    says_no_to_a_number = found is not None and found.value == NO and may_be_corrected(question)
    if found is not None and not says_no_to_a_number and not _rather_goes_on(question, options, text, alternatives):
        return not can_grow_into_another(text, found, options)
    match question.answer:
        case AnswerKind.YES_NO if may_be_corrected(question):
            return yes_no.parse(text) is True or complete(text, rule_of(question))
        case AnswerKind.YES_NO:
            return yes_no.parse(text) is not None
        case AnswerKind.DIGITS:
            rule = rule_of(question)
            return complete(text, rule) or any(complete(each, rule) for each in alternatives[:MAX_ALTERNATIVES])
        case AnswerKind.CHOICE:
            return False


def worth_telling(question: Question, alternatives: Sequence[str]) -> tuple[str, ...]:
    """Choose from the other readings of an answer: of a number those that keep its rule, if there are any."""
    fitting: tuple[str, ...] = ()
    if question.answer is AnswerKind.DIGITS:
        rule = rule_of(question)
        fitting = tuple(each for each in alternatives[:MAX_ALTERNATIVES] if settle(each, rule))
    return (fitting or tuple(alternatives))[:MAX_TOLD]


def option_in(text: str, options: Sequence[Option]) -> Match | None:
    """Return the option that is named; of «подождите [unk]» none: what matters is the unknown speech."""
    found = match(text, options)
    is_part = found is not None and UNKNOWN in text and only_by_itself(found.value, found.phrase)
    return None if is_part else found


def _rather_goes_on(question: Question, options: Sequence[Option], text: str, alternatives: Sequence[str]) -> bool:
    """Say whether a command in the middle of a number may as well be its next group: «оператора» for «сорок сорок»."""
    digits = len(dictation(text).words) if question.answer is AnswerKind.DIGITS else 0
    return bool(digits) and any(
        len(dictation(each).words) > digits and match(each, options) is None for each in alternatives[:MAX_ALTERNATIVES]
    )


def dictating(question: Question, text: str) -> bool:
    """Say whether the caller is in the middle of digits, with longer pauses than other answers have."""
    if question.answer is AnswerKind.DIGITS:
        return True
    return may_be_corrected(question) and speaks_of_digits(text)


def may_be_corrected(question: Question) -> bool:
    """Say whether a number was read back, so that «нет» may be followed by what is right."""
    return bool(question.corrections)


def options_of(question: Question) -> tuple[Option, ...]:
    """Return the phrases of a question that mean something by themselves, grouped by their meaning."""
    grouped: dict[str, list[str]] = {}
    for phrase, meaning in zip(question.phrases, question.meanings, strict=False):
        if meaning:
            grouped.setdefault(meaning, []).append(phrase)
    return tuple(Option(value, tuple(phrases)) for value, phrases in grouped.items())


def rule_of(question: Question) -> NumberRule:
    """Return the rule of the number that a question asks for."""
    return NumberRule(question.digit_lengths, question.digit_prefixes, Check(question.digit_check))
