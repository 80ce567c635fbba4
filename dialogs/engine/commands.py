"""Commands that work at every question without being written in a flow."""

from __future__ import annotations

from enum import StrEnum


class Command(StrEnum):
    """What the caller can say or press at any question; the value is its meaning in `Question.meanings`."""

    OPERATOR = "!operator"
    REPEAT = "!repeat"
    CANCEL = "!cancel"  # end the task
    BACK = "!back"  # to the question before
    WAIT = "!wait"  # the caller looks for something


_ONLY_BY_THEMSELVES = frozenset({Command.REPEAT, Command.CANCEL, Command.BACK, Command.WAIT})
_HUMAN = frozenset({("человек",), ("живой", "человек")})


def only_by_itself(command: str, phrase: tuple[str, ...]) -> bool:
    """Say whether a command said in these words is meant only when nothing else is said.

    «Сейчас» and «подождите» are also parts of other wishes, «повтори» is heard in any other talk, and «вы робот или
    человек» does not ask for an agent.
    """
    return command in _ONLY_BY_THEMSELVES or phrase in _HUMAN


OPERATOR_KEY = "0"
REPEAT_KEY = "*"

SPOKEN: dict[Command, tuple[str, ...]] = {
    Command.OPERATOR: (
        "оператор",
        "оператора",
        "оператора пожалуйста",
        "оператором",
        "оператору",
        "соедините с оператором",
        "соединить с оператором",
        "переключите на оператора",
        "позовите оператора",
        "мне нужен оператор",
        "хочу поговорить с оператором",
        "человек",
        "человека",
        "человеком",
        "живой человек",
        "соедините с человеком",
        "хочу поговорить с человеком",
        "сотрудник",
        "сотрудника",
        "консультант",
        "консультанта",
        "специалист",
        "специалиста",
        "специалистом",
        "соедините со специалистом",
    ),
    Command.REPEAT: (
        "повторите",
        "повторите пожалуйста",
        "повторите ещё раз",
        "повтори",
        "повторить",
        "ещё раз",
        "не слышно",
        "не понял",
        "не поняла",
    ),
    Command.CANCEL: ("отмена", "отменить", "отмените", "отмени"),
    Command.BACK: ("назад", "вернуться назад"),
    Command.WAIT: (
        "подождите",
        "подождите минуту",
        "подождите секунду",
        "секунду",
        "одну секунду",
        "минуту",
        "одну минуту",
        "минутку",
        "сейчас",
    ),
}
"""All of it is understood at every question; an option of a question that says the same goes first."""

SPOKEN_BRIEFLY: dict[Command, tuple[str, ...]] = {
    Command.OPERATOR: ("оператор", "оператора", "человек"),
    Command.REPEAT: ("повторите", "ещё раз"),
}
"""What is listened for while numbers are dictated: each further phrase costs digits, «с» is heard in any breath, and
«отмена» for «неверно». The other commands are heard at the second look."""


def command_for_keys(keys: str, lone_keys: str) -> Command | None:
    """Return the command that a whole key entry stands for."""
    if keys == REPEAT_KEY and REPEAT_KEY in lone_keys:
        return Command.REPEAT
    if keys == OPERATOR_KEY:
        # where a number may begin with 0 the key is no lone one, but «0» and a pause is still no number
        return Command.OPERATOR
    return None
