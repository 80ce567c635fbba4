"""Answers that a phrase gives before they are asked for: «заблокируйте карту семьдесят семь восемьдесят девять…»."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dialogs.engine.bundle import Bundle, Flow, SlotKind
from dialogs.engine.state import SlotValue, Source
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.collect import Collect
from dialogs.grammar import options_of, rule_of
from dialogs.grammar.choice import match
from dialogs.grammar.dictation import dictation
from dialogs.grammar.digits import choose
from dialogs.grammar.grouping import USUAL_GROUPS, as_said


def prefilled(bundle: Bundle, flow: Flow, phrase: str, known: Mapping[str, SlotValue]) -> dict[str, SlotValue]:
    """Return what the phrase that started a flow says of the slots it asks for; not confirmed by the caller."""
    found: dict[str, SlotValue] = {}
    for step in _questions(bundle, flow, set()):
        if not phrase or step.slot in known or step.slot in found:
            continue
        slot, question = bundle.slots[step.slot], step.asking.question
        if slot.kind is SlotKind.NUMBER_STRING and step.read_back is not None:
            choice = choose(phrase, rule_of(question))
            if choice is not None:
                grouped = as_said(dictation(choice.said), choice.digits, slot.groups or USUAL_GROUPS)
                found[step.slot] = SlotValue(choice.digits, Source.VOICE, grouped=grouped)
        elif slot.kind is SlotKind.CHOICE and step.from_phrase:
            option = match(phrase, options_of(question))
            if option is not None and option.value in {each.value for each in slot.options}:
                found[step.slot] = SlotValue(option.value, Source.VOICE)
    return found


def _questions(bundle: Bundle, flow: Flow, seen: set[str]) -> Iterator[Collect]:
    """Go through a flow's questions, those of flows it calls included."""
    seen.add(flow.id)
    for step in flow.steps.values():
        match step:
            case Collect():
                yield step
            case Call(flow=called) if called not in seen and called in bundle.flows:
                yield from _questions(bundle, bundle.flows[called], seen)
            case _:
                pass
