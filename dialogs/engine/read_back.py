"""What an answer to a number that was read back means: «да», «нет», or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dialogs.engine.answers import Answered, Command, readings, understand
from dialogs.engine.bundle import Slot
from dialogs.engine.state import SlotValue
from dialogs.engine.vocabulary import Heard, KeysPressed, Question
from dialogs.grammar import rule_of
from dialogs.grammar.correction import Corrected, Unclear, completed, correct
from dialogs.grammar.correction_words import read_changes
from dialogs.grammar.grouping import USUAL_GROUPS

if TYPE_CHECKING:
    from dialogs.engine.steps.collect import Asking

MAX_CORRECTIONS = 3
"""Of one number; after that it is asked for anew."""

Understood = Answered | Corrected | Unclear | Command | None


@dataclass(frozen=True, slots=True)
class Repair:
    """How a number that was read back wrong is put right."""

    asking: Asking  # the number's question, put by «что исправить?»
    utter_group: str  # when the digits fit in several groups
    utter_digits: str  # when only the group was named


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A number that was read back, and half of a correction, if there was one."""

    number: SlotValue
    half: str = ""

    def understand(
        self, event: Heard | KeysPressed, question: Question, slot: Slot, groups: tuple[int, ...]
    ) -> Understood:
        """Read an answer to «…, верно?», or to what was asked after «нет»; None when it is none."""
        answer = understand(event, question, slot)
        if not isinstance(event, Heard) or isinstance(answer, Command):
            return answer
        correction = self._correction(event, question, groups)
        if isinstance(answer, Answered):
            # «да» beside digits that happen to fit is a «да»; «да, только в конце ноль три» is not
            confirms = answer.value is not False and not read_changes(event.text).say_what_is_wrong
            return answer if correction is None or confirms else correction
        return correction

    def _correction(self, heard: Heard, question: Question, groups: tuple[int, ...]) -> Corrected | Unclear | None:
        text, *alternatives = readings(heard)
        rule, lengths = rule_of(question), groups or USUAL_GROUPS
        correction = correct(text, self.number.grouped, rule, alternatives, lengths)
        if isinstance(correction, Corrected) or not self.half:
            return correction
        halves = [completed(self.half, each) for each in (text, *alternatives)]
        return correct(halves[0], self.number.grouped, rule, halves[1:], lengths) or correction
