"""The runner of conversations: what must fail does fail, at the line of its step."""

from __future__ import annotations

import pytest

from dialogs.reader import FlowErrors
from dialogs.talks.player import Failure
from tests.dialogs.talks.conftest import Played

BEGINNING = """
test_cases:
  - test_case: the one
    steps:
      - user: часы работы
"""


def failure_of(played: Played, lines: str, beginning: str = BEGINNING) -> Failure | None:
    """Play the beginning and further lines; the first of them is line 5."""
    (result,) = played(beginning + "".join(f"      - {line}\n" for line in lines.splitlines())).cases
    return result.failure


@pytest.mark.parametrize(
    "lines",
    [
        "bot: []\naction: {name: shop.find, city: Москва}",
        "result: {outcome: open, hours: 21}\nbot: [utter_hours, utter_ask_more]\nsays: двадцать один",
        "result: {outcome: open, hours: 21}\nslots: {hours: 21, code: null}",
        "result: {outcome: open, hours: 21}\nflow_started: pattern_completed\nasks: pattern_completed/collect_more",
        "result: {outcome: open, hours: 21}\nnot_said: [utter_again, закрыт]\nuser: Нет\nhung_up: {contained: true}",
        "fails: unavailable\nhanded_off: {queue: hotline, reason: action_failed}",
        "result: {outcome: closed}\nhearing_fails: true\nby_keys_only: true\nsays: Наберите код",
        "result: {outcome: closed}\nsilence: true\nbot: utter_again\nresumed: true\nsays: [Продолжим, код]",
        "result: {outcome: closed}\nnoise: true\nbot: utter_ask_more",
        "hangs_up: true\nnothing_more: true",
    ],
)
def test_a_conversation_that_goes_as_written_passes(played: Played, lines: str) -> None:
    assert failure_of(played, lines) is None


@pytest.mark.parametrize(
    ("lines", "line", "message", "expected", "got"),
    [
        ("result: {outcome: open, hours: 21}\nbot: utter_hours", 6, "Юля сказала другое", ("utter_hours",), None),
        ("result: {outcome: open, hours: 21}\nsays: [двадцать, десять]", 6, "этого Юля не сказала", "десять", None),
        ("result: {outcome: open, hours: 21}\nnot_said: utter_hours", 6, "не должна", "utter_hours", None),
        ("result: {outcome: open, hours: 21}\nnot_said: двадцать", 6, "не должна", "двадцать", None),
        ("result: {outcome: open, hours: 21}\nslots: {hours: 9}", 6, "в слотах другое", {"hours": 9}, {"hours": 21}),
        ("flow_started: pattern_completed", 5, "сценарий не начался", "pattern_completed", ()),
        (
            "action: {name: shop.find, city: Тверь}",
            5,
            "действие не такое",
            None,
            {"name": "shop.find", "city": "Москва"},
        ),
        ("fails: timeout\naction: {name: shop.find, city: Москва}", 6, "никакого действия не было", None, ()),
        ("asks: pattern_session_start/code", 5, "другой вопрос", None, "действие shop.find"),
        ("by_keys_only: true", 5, "дошло не до того", "вопрос", "действие shop.find"),
        ("result: {outcome: closed}\nby_keys_only: true", 6, "спрошено не так", True, False),
        ("handed_off: {reason: asked}", 5, "дошло не до того", "перевод на оператора", "действие shop.find"),
        ("fails: timeout\nhanded_off: {reason: asked}", 6, "перевод не такой", None, {"reason": "action_failed"}),
        ("fails: timeout\nhung_up: {reason: asked}", 6, "дошло не до того", "конец звонка", None),
        ("nothing_more: true", 5, "ничего не должно быть", None, "действие shop.find"),
        ("result: {outcome: closed}\nresult: {outcome: closed}", 6, "никакое действие не выполняется", None, None),
        ("result: {outcome: closed}\nuser: оператор\nunderstood: {x: 1}", 7, "понимать было нечего", None, None),
        ("result: {outcome: closed}\nunderstood: {x: 1}\nkeys: '0'", 7, "понимать было нечего", None, None),
        ("result: {outcome: closed}\n{user: оператор, understood: {x: 1}}", 6, "понимать было нечего", None, None),
        ("loyalty: down", 5, "должен быть ключ loyalty", None, None),
        ("later: 5m", 5, "должен быть ключ loyalty", None, None),
        ("operations: []", 5, "не участвует", None, None),
        ("bot: utter_hallo", 5, "нет реплики «utter_hallo». Возможно, вы имели в виду «utter_hello»", None, None),
        ("not_said: utter_hallo", 5, "нет реплики", None, None),
        ("slots: {our: 1}", 5, "нет слота «our»", None, None),
        ("flow_started: shop", 5, "нет сценария «shop»", None, None),
    ],
)
def test_what_does_not_hold_fails_at_its_line(
    played: Played, lines: str, line: int, message: str, expected: object, got: object
) -> None:
    failure = failure_of(played, lines)
    assert failure is not None
    assert (failure.place.file, failure.place.line) == ("tests/conversations/shop.yml", line)
    assert message in failure.message
    if expected is not None:
        assert failure.expected == expected
    if got is not None:
        assert failure.got == got


def test_a_fault_inside_a_flow_fails_the_conversation_where_it_happened(played: Played) -> None:
    # the result keeps the contract, but the text needs its hours
    failure = failure_of(played, "result: {outcome: open}\nhanded_off: {reason: internal_error}")
    assert failure is not None
    assert failure.place.line == 5
    assert failure.message.startswith("сбой внутри сценария: RenderError")


def test_a_failure_tells_what_was_said_before_it(played: Played) -> None:
    failure = failure_of(played, "result: {outcome: closed}\nkeys: '12'\nbot: utter_hello")
    assert failure is not None
    assert "звонящий: клавиши 12" in failure.talk
    assert failure.talk[-1] == "Юля: Что-нибудь ещё?"


def test_a_conversation_stops_at_its_first_failure_and_the_next_one_is_played(played: Played) -> None:
    result = played(
        BEGINNING + "      - bot: utter_hello\n      - nothing_more: true\n  - test_case: two\n    steps: []\n"
    )
    assert [each.failure and each.failure.place.line for each in result.cases] == [5, None]
    assert [each.case.name for each in result.failed] == ["the one"]


def test_a_known_fact_fills_its_slot_before_the_greeting(played: Played) -> None:
    beginning = "test_cases:\n  - test_case: x\n    facts: {hours: 7}\n    steps:\n"
    assert failure_of(played, "slots: {hours: 7}", beginning) is None
    failure = failure_of(played, "slots: {hours: 7}", beginning.replace("hours", "hour"))
    assert failure is not None
    assert failure.place.line == 2
    assert failure.message == "нет слота «hour». Возможно, вы имели в виду «hours»"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("test_cases:\n  - test_case: a\n    steps:\n      - usr: да\n", 4, "неизвестный шаг «usr»"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - keys: 12\n", 4, "здесь нужно: текст"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - user: []\n", 4, "ничего не сказано"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - {user: да, keys: '1'}\n", 4, "сразу user и keys"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - silence: false\n", 4, "здесь нужно true"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - fails: broken\n", 4, "«broken» здесь не бывает"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - result: one car\n", 4, "нет готового ответа «one car»"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - later: soon\n", 4, "не промежуток времени"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - understood: {x: 2}\n", 4, "от 0 до 1"),
        (
            "test_cases:\n  - test_case: a\n    steps:\n      - operations: [{sate: done}]\n",
            4,
            "неизвестный ключ «sate»",
        ),
        ("test_cases:\n  - test_case: a\n    steps:\n      - operations: [{state: over}]\n", 4, "не состояние"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - handed_off: {reson: x}\n", 4, "неизвестный ключ «reson»"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - action: {city: x}\n", 4, "какое действие"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - says: []\n", 4, "ничего не проверяет"),
        ("test_cases:\n  - test_case: a\n    steps:\n      - slots: {}\n", 4, "ничего не проверяет"),
        ("test_cases:\n  - test_case: a\n    loyalty: dwon\n    steps: []\n", 3, "Возможно, вы имели в виду «down»"),
        ("test_cases:\n  - test_case: a\n    now: soon\n    steps: []\n", 3, "не день и время"),
        ("test_cases:\n  - test_case: a\n", 2, "должны быть test_case и steps"),
        ("test_cases:\n  - test_case: a\n    calls: 1\n    steps: []\n", 3, "неизвестный ключ «calls»"),
        (
            "test_cases:\n  - test_case: a\n    steps: []\n  - test_case: a\n    steps: []\n",
            4,
            "уже есть в строке 2",
        ),
    ],
)
def test_a_faulty_file_is_told_with_file_and_line(played: Played, text: str, line: int, message: str) -> None:
    with pytest.raises(FlowErrors) as told:
        played(text)
    (problem,) = told.value.problems
    assert (problem.file, problem.line) == ("tests/conversations/shop.yml", line)
    assert message in f"{problem.message}. {problem.advice}"
