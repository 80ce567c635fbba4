"""Commands among answers: what is said by the way is neither."""

from __future__ import annotations

import pytest

from dialogs.engine.answers import Answered, Command, understand
from dialogs.engine.bundle import Slot, SlotKind
from dialogs.engine.vocabulary import AnswerKind, Heard, KeyEntry, ListenLimits, Question
from dialogs.grammar import yes_no

SURE = Slot("sure", SlotKind.YES_NO)
IS_SURE = Question("test/step", AnswerKind.YES_NO, yes_no.phrases(), ListenLimits(), KeyEntry())


def meaning(said: str) -> object:
    found = understand(Heard(said), IS_SURE, SURE)
    return found.value if isinstance(found, Answered) else found


@pytest.mark.parametrize(
    "said", ["повторите", "повторите ещё раз пожалуйста", "а не слышно", "не поняла повторите", "ещё раз", "повтори"]
)
def test_repeat(said: str) -> None:
    assert meaning(said) is Command.REPEAT


@pytest.mark.parametrize(
    "said", ["на повтори [unk]", "[unk] не понял", "повторить ладно да", "повторить конечно минуту", "нет не слышно"]
)
def test_repeat_in_other_talk_is_neither_the_command_nor_an_answer(said: str) -> None:
    """Asked again, a caller who meant it hears the question again anyway."""
    assert meaning(said) is None


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("нет оператора", Command.OPERATOR),
        ("[unk] оператор", Command.OPERATOR),
        ("вы робот или человек", None),
        ("подождите одну минуту", Command.WAIT),
        ("нет подождите", False),
        ("отмена", Command.CANCEL),
    ],
)
def test_other_commands(said: str, value: object) -> None:
    assert meaning(said) is value
