from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.engine.vocabulary import AnswerKind, KeyEntry, ListenLimits, Question
from dialogs.grammar import MAX_TOLD, satisfies, worth_telling, yes_no
from dialogs.grammar.choice import Option, match

OPTIONS = (
    Option("balance", ("баланс", "узнать баланс", "сколько у меня баллов", "баллы")),
    Option("block", ("заблокировать карту", "карта потерялась")),
    Option("points_lost", ("баллы сгорели", "пропали баллы")),
)


@pytest.mark.parametrize(
    "said", ["да", "ага", "угу", "да конечно", "ну да", "верно", "всё верно", "[unk] да", "да, да", "так точно"]
)
def test_yes(said: str) -> None:
    assert yes_no.parse(said) is True


@pytest.mark.parametrize("said", ["нет", "да нет", "нет неверно", "не верно", "не надо", "ну нет", "не согласна"])
def test_no(said: str) -> None:
    assert yes_no.parse(said) is False


@pytest.mark.parametrize(
    "said", ["", "[unk]", "баланс", "верно нет", "алло", "неверный", "[unk] угу", "ага [unk]", "не [unk]"]
)
def test_neither(said: str) -> None:
    assert yes_no.parse(said) is None


def test_a_question_may_have_its_own_words_for_no() -> None:
    assert yes_no.parse("спасибо") is None
    assert yes_no.parse("всё спасибо", more_no=("спасибо", "всё спасибо")) is False


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("баланс", "balance"),
        ("здравствуйте я хотел узнать баланс пожалуйста", "balance"),
        ("[unk] баланс [unk]", "balance"),
        ("сколько у меня баллов", "balance"),
        ("баллы сгорели", "points_lost"),  # more specific than «баллы»
        ("у меня карта потерялась", "block"),
        ("карта", None),
        ("", None),
        ("баланс и заблокировать карту", "block"),  # two words that carry meaning against one
    ],
)
def test_choice(said: str, value: str | None) -> None:
    found = match(said, OPTIONS)
    assert (found.value if found else None) == value


def test_two_options_that_fit_equally_well_are_none() -> None:
    assert match("да нет", (Option("yes", ("да",)), Option("no", ("нет",)))) is None


@given(st.text())
def test_no_text_breaks_the_grammars(text: str) -> None:
    yes_no.parse(text)
    match(text, OPTIONS)


def question(
    answer: AnswerKind, phrases: dict[str, str], lengths: tuple[int, ...] = (), check: str = "none"
) -> Question:
    phrases = phrases | {"оператор": "!operator"}
    return Question(
        "test/step",
        answer,
        tuple(phrases),
        ListenLimits(),
        KeyEntry(),
        meanings=tuple(phrases.values()),
        digit_lengths=lengths,
    )


MENU = question(
    AnswerKind.CHOICE,
    {"баланс": "balance", "баланс карты": "balance", "карта": "other", "карта потерялась": "block", "баллы": "balance"}
    | {"баллы сгорели": "lost"},
)
YES_OR_NO = question(AnswerKind.YES_NO, {"да": "yes", "нет": "no"})
DIGITS = question(AnswerKind.DIGITS, {"один": "", "два": ""}, (4,))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (MENU, "баланс"),  # «баланс карты» would be the same
        (MENU, "карта потерялась"),
        (MENU, "оператор"),
        (YES_OR_NO, "да"),
        (YES_OR_NO, "да нет"),
        (YES_OR_NO, "оператора мне оператор"),
        (DIGITS, "один два три четыре"),
        (DIGITS, "оператор"),
    ],
)
def test_a_text_that_answers_for_sure(asked: Question, said: str) -> None:
    assert satisfies(asked, said)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (MENU, "карта"),  # may become «карта потерялась»
        (MENU, "баллы"),  # may become «баллы сгорели»
        (MENU, "алло"),
        (MENU, ""),
        (YES_OR_NO, "[unk]"),
        (DIGITS, "один два три"),
        (DIGITS, "один два двадцать"),
    ],
)
def test_a_text_that_does_not_answer_for_sure(asked: Question, said: str) -> None:
    assert not satisfies(asked, said)


def test_a_command_heard_in_the_middle_of_a_number_may_be_its_next_group() -> None:
    """«сорок сорок» was heard as «оператора» by one voice: with digits among the other readings hearing goes on."""
    assert not satisfies(DIGITS, "один два оператор", ("один два сорок сорок", "один два оператора"))
    assert satisfies(DIGITS, "один два оператор", ("один два оператора",))
    assert satisfies(DIGITS, "оператор", ("сорок сорок",)), "before any digit it is the command"


def test_of_the_other_readings_of_a_number_those_are_told_that_keep_its_rule() -> None:
    short = tuple(f"один два {word}" for word in ("три", "пять", "шесть", "семь", "восемь", "девять", "ноль") * 3)
    fitting = ("один два три четыре", "один два три пять")
    assert worth_telling(DIGITS, (*short, *fitting)) == fitting
    assert worth_telling(DIGITS, short) == short[:MAX_TOLD]
    assert worth_telling(MENU, ("баланс", "баллы")) == ("баланс", "баллы")


def test_a_clipped_no_is_a_no() -> None:
    """A short «нет» often reaches the recogniser as «не»; alone it can mean nothing else."""
    assert yes_no.parse("не") is False
    assert yes_no.parse("не слышно") is None


def test_a_word_of_one_letter_may_be_missing() -> None:
    """«У» and «с» are hardly heard on a telephone."""
    option = Option("balance", ("сколько у меня баллов",))
    found = match("сколько меня баллов", (option,))
    assert found is not None
    assert found.value == "balance"
