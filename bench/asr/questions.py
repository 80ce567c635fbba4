"""The questions that the bench asks: the shipped flows' own, with their phrase lists, and how an answer is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asr_models.port import FREE_SPEECH, PhraseList
from dialogs.engine.answers import Answered, understand
from dialogs.engine.bundle import Bundle, Slot
from dialogs.engine.steps.collect import Asking, Collect
from dialogs.engine.vocabulary import Heard, Question
from dialogs.grammar import worth_telling
from dialogs.grammar.words import words
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER
from ivr.listening.question_grammar import QuestionGrammar

REJECTED = ""
"""The meaning of speech that is no answer."""


@dataclass(frozen=True, slots=True)
class BenchQuestion:
    """One kind of question."""

    name: str
    question: Question | None  # None: an open one, judged by its words
    slot: Slot | None = None

    def listens_for(self, *, free: bool) -> PhraseList:
        """Return what the recogniser is told to expect."""
        if free or self.question is None:
            return FREE_SPEECH
        return QuestionGrammar(self.question, backchannels=()).expected

    def meaning(self, text: str, alternatives: tuple[str, ...] = ()) -> str:
        """Return what the line would understand; REJECTED when nothing."""
        if self.question is None or self.slot is None:
            return " ".join(words(text))
        others = worth_telling(self.question, alternatives)
        understood = understand(Heard(text, 1.0, others), self.question, self.slot)
        match understood:
            case None:
                return REJECTED
            case Answered(value=value):
                return str(value)
            case command:
                return f"!{command.value}"


def bench_questions() -> Mapping[str, BenchQuestion]:
    """Read the questions out of the shipped flows."""
    bundle = load_bundle(BUNDLED_FOLDER)
    slots = bundle.slots
    found = (
        BenchQuestion("yes_no", _asking(bundle, "consent").question, slots["consent"]),
        BenchQuestion("command", _asking(bundle, "topic").question, slots["topic"]),
        BenchQuestion("card", _asking(bundle, "card_number").question, slots["card_number"]),
        BenchQuestion("phone", _asking(bundle, "other_phone").question, slots["other_phone"]),
        BenchQuestion("birth_date", _asking(bundle, "birth_date").question, slots["birth_date"]),
        BenchQuestion("open", None),
    )
    return {question.name: question for question in found}


def _asking(bundle: Bundle, slot: str) -> Asking:
    for flow in bundle.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Collect):
                for asking in (step.asking, step.read_back):
                    if asking is not None and asking.slot == slot:
                        return asking
    raise LookupError(f"no flow asks for {slot}")
