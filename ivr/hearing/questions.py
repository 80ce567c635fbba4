"""Questions as the line puts them, for hearing recordings outside a dialogue."""

from __future__ import annotations

from enum import StrEnum

from dialogs.engine.commands import SPOKEN, SPOKEN_BRIEFLY, Command
from dialogs.engine.vocabulary import AnswerKind, KeyEntry, ListenLimits, Question
from dialogs.grammar import yes_no
from dialogs.grammar.checks import Check
from dialogs.grammar.number_phrases import phrases_of
from dialogs.settings import DialogueSettings

_DATE_DIGITS = 8
_PHONE_LENGTHS, _PHONE_PREFIXES = (10, 11), ("9", "79", "89")
_ANY_LENGTH = tuple(range(1, 20))


class QuestionKind(StrEnum):
    """What a recording is an answer to."""

    YES_NO = "yes_no"
    DIGITS = "digits"
    CARD = "card"
    PHONE = "phone"
    DATE = "date"
    OPEN = "open"


def question_of(kind: QuestionKind, dialogue: DialogueSettings) -> Question:
    """Put a question with the phrase list, the commands and the limits that flows have by default."""
    match kind:
        case QuestionKind.YES_NO:
            answers = {phrase: "yes" if yes_no.parse(phrase) else "no" for phrase in yes_no.phrases()}
            return _question(kind, AnswerKind.YES_NO, answers | _meanings(SPOKEN), ListenLimits())
        case QuestionKind.DIGITS:
            return _number(kind, _ANY_LENGTH)
        case QuestionKind.CARD:
            return _number(kind, (dialogue.card_length,), dialogue.card_series, Check.LUHN)
        case QuestionKind.PHONE:
            return _number(kind, _PHONE_LENGTHS, _PHONE_PREFIXES, Check.MOBILE)
        case QuestionKind.DATE:
            return _number(kind, (_DATE_DIGITS,), check=Check.BIRTH_DATE)
        case QuestionKind.OPEN:
            return Question(kind.value, AnswerKind.CHOICE, (), ListenLimits(), KeyEntry(), free_speech=True)


def _number(
    kind: QuestionKind, lengths: tuple[int, ...], prefixes: tuple[str, ...] = (), check: Check = Check.NONE
) -> Question:
    phrases = dict.fromkeys(phrases_of(check), "")
    limits = ListenLimits(7.0, 0.2, 1.8, 20.0) if check is Check.BIRTH_DATE else ListenLimits(7.0, 0.2, 2.5, 40.0)
    return _question(
        kind, AnswerKind.DIGITS, phrases | _meanings(SPOKEN_BRIEFLY), limits, lengths, prefixes, check.value
    )


def _question(
    kind: QuestionKind,
    answer: AnswerKind,
    meanings: dict[str, str],
    limits: ListenLimits,
    lengths: tuple[int, ...] = (),
    prefixes: tuple[str, ...] = (),
    check: str = Check.NONE.value,
) -> Question:
    return Question(
        kind.value,
        answer,
        tuple(meanings),
        limits,
        KeyEntry(),
        tuple(meanings.values()),
        digit_lengths=lengths,
        digit_prefixes=prefixes,
        digit_check=check,
    )


def _meanings(spoken: dict[Command, tuple[str, ...]]) -> dict[str, str]:
    return {phrase: command.value for command, phrases in spoken.items() for phrase in phrases}
