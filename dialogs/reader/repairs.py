"""A number that is read back may be corrected: what is said for that, and what is listened for."""

from __future__ import annotations

from dataclasses import replace

from dialogs.engine.read_back import Repair
from dialogs.engine.steps.collect import Asking
from dialogs.engine.vocabulary import Question
from dialogs.grammar.number_phrases import correction_beginnings, correction_phrases
from dialogs.reader.domain import Domain
from dialogs.reader.keys import REPAIR
from dialogs.reader.questions import response_id
from dialogs.reader.source import Section

_USUAL = {
    "utter_correct": "utter_correct_number",
    "utter_group": "utter_which_group",
    "utter_digits": "utter_which_digits",
}
_WHEN = {
    "utter_correct": "звонящий ответил просто «нет»",
    "utter_group": "непонятно, в какой группе исправить",
    "utter_digits": "названа группа, но не цифры",
}


def read_repair(section: Section, asking: Asking, domain: Domain) -> Repair:
    """Read the responses of `read_back:` that put a number right."""
    correct, group, digits = (_response(section, key, domain) for key in REPAIR)
    number = asking.question
    more = tuple(phrase for phrase in correction_beginnings() if phrase not in number.phrases)
    question = replace(number, phrases=number.phrases + more, meanings=number.meanings + ("",) * len(more))
    return Repair(replace(asking, question=question, utter=correct), group, digits)


def confirms_number(question: Question, number: Question) -> Question:
    """Let «…, верно?» be answered by what is wrong with the number."""
    return replace(
        question,
        corrections=correction_phrases(),
        digit_lengths=number.digit_lengths,
        digit_prefixes=number.digit_prefixes,
        digit_check=number.digit_check,
        sensitive=question.sensitive or number.sensitive,
    )


def _response(section: Section, key: str, domain: Domain) -> str:
    value = section.value(key)
    if value is not None:
        return response_id(value, domain)
    usual = _USUAL[key]
    if usual not in domain.responses:
        section.tell(
            f"нет реплики «{usual}»: {_WHEN[key]}",
            f"Добавьте её в domain/responses.yml или укажите другую: {key}: …",
        )
    return usual
