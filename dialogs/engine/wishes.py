"""What the caller wants by a free phrase, at the question where it was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.answers import Answered
from dialogs.engine.bundle import CANNOT_HANDLE, Flow, SlotKind
from dialogs.engine.commands import Command
from dialogs.engine.state import Source
from dialogs.engine.vocabulary import OUT_OF_SCOPE, Intent
from dialogs.grammar.words import FILLERS, words

if TYPE_CHECKING:
    from dialogs.engine.run import Run

COMMAND_INTENTS = {"operator": Command.OPERATOR, "repeat": Command.REPEAT, "cancel": Command.CANCEL}
YES_INTENT, NO_INTENT = "affirm", "deny"

SURE = 0.6
"""Confidence from which commands are carried out and other matters go to an agent."""
SURE_OF_YES = 0.8
PROPOSED_FROM = 0.2
"""Confidence from which a flow is worth asking about."""
PROPOSED_MID_TASK_FROM = 0.45
MOST_PROPOSALS = 3


@dataclass(frozen=True, slots=True)
class Start:
    """Start a flow."""

    flow: str


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask which of these flows is meant."""

    flows: tuple[str, ...]


Wish = Command | Answered | Start | Propose | None


def wish(run: Run, intents: tuple[Intent, ...], asked: SlotKind) -> Wish:
    """Say what to do about a phrase (`run.phrase`) that does not answer the open question; None: it was not understood.

    A flow with a task is asked about first when the understanding is not sure of it, or when a single word was said:
    of «карта» any flow may be meant, whatever the figures say.
    """
    if not intents:
        return None
    best = intents[0]
    simple = _simple(best, asked)
    if simple is not None:
        # «у меня другой вопрос» cancels a task; where there is none it is no wish yet
        return simple if simple is not Command.CANCEL or run.is_busy else None
    found = run.bundle.triggered_by(best.name)
    if found is not None and best.confidence >= found[1].confidence:
        flow = found[0]
        if flow.confirm is None or flow.task is None or _tells_enough(run.phrase):
            return Start(flow.id) if _may_start(run, flow) else None
    elif best.name == OUT_OF_SCOPE and best.confidence >= SURE and not run.is_busy:
        return Start(CANNOT_HANDLE)
    least = PROPOSED_MID_TASK_FROM if run.is_busy else PROPOSED_FROM
    likely = (run.bundle.triggered_by(intent.name) for intent in intents if intent.confidence >= least)
    flows = (flow for flow, _ in filter(None, likely) if flow.confirm is not None and _may_start(run, flow))
    proposed = tuple(dict.fromkeys(flow.id for flow in flows))
    return Propose(proposed[:MOST_PROPOSALS]) if proposed else None


def _simple(best: Intent, asked: SlotKind) -> Wish:
    if best.name in COMMAND_INTENTS and best.confidence >= SURE:
        return COMMAND_INTENTS[best.name]
    if asked is SlotKind.YES_NO:
        if best.name == YES_INTENT and best.confidence >= SURE_OF_YES:
            return Answered(True, Source.VOICE, best.confidence)
        if best.name == NO_INTENT and best.confidence >= SURE:
            return Answered(False, Source.VOICE, best.confidence)
    return None


def _may_start(run: Run, flow: Flow) -> bool:
    return flow.is_digression or not run.is_busy


def _tells_enough(phrase: str) -> bool:
    return sum(word not in FILLERS for word in words(phrase)) > 1
