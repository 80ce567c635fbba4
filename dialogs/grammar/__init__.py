"""Pure Russian grammars of answers: yes and no, one of several options, dictated numbers."""

from __future__ import annotations

from dialogs.engine.vocabulary import AnswerKind, Question
from dialogs.grammar import yes_no
from dialogs.grammar.checks import Check
from dialogs.grammar.choice import Option, can_grow_into_another, match
from dialogs.grammar.digits import NumberRule, complete

__all__ = ["options_of", "rule_of", "satisfies"]


def satisfies(question: Question, text: str) -> bool:
    """Say whether the text already answers the question for sure, so that waiting for more words is idle.

    Commands («оператор», «повторите») satisfy every question.
    """
    options = options_of(question)
    found = match(text, options)
    if found is not None:
        return not can_grow_into_another(text, found, options)
    match question.answer:
        case AnswerKind.YES_NO:
            return yes_no.parse(text) is not None
        case AnswerKind.DIGITS:
            return complete(text, rule_of(question))
        case AnswerKind.CHOICE:
            return False


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
