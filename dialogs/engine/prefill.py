"""Answers that a phrase gives before they are asked for: «заблокируйте карту семьдесят семь восемьдесят девять…»."""

from __future__ import annotations

from dialogs.engine.bundle import Slot, SlotKind
from dialogs.engine.state import SlotValue, Source
from dialogs.engine.vocabulary import Question
from dialogs.grammar import options_of, rule_of
from dialogs.grammar.choice import match
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import choose
from dialogs.grammar.grouping import USUAL_GROUPS, as_said


def answer_in(phrase: str, question: Question, slot: Slot) -> SlotValue | None:
    """Return what a phrase that started a flow says of one of its questions; the caller has not confirmed it."""
    if slot.kind is SlotKind.NUMBER_STRING:
        choice = choose(phrase, rule_of(question))
        if choice is None:
            return None
        grouped = as_said(dictation(choice.said), choice.digits, slot.groups or USUAL_GROUPS)
        return SlotValue(choice.digits, Source.VOICE, grouped=grouped)
    if slot.kind is SlotKind.CHOICE:
        option = match(phrase, options_of(question))
        if option is not None and option.value in {each.value for each in slot.options}:
            return SlotValue(option.value, Source.VOICE)
    return None
