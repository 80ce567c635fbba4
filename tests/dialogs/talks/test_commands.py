"""`yulia flows test` and `yulia flows talk` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from dialogs.commands import app
from tests.dialogs.talks.conftest import write_cases

CASES = """
test_cases:
  - test_case: closed
    steps:
      - user: часы работы
      - result: {outcome: closed}
      - bot: utter_ask_code
  - test_case: Open
    steps:
      - user: часы работы
      - result: {outcome: open, hours: 21}
      - bot: [utter_hours, utter_ask_code]
"""
RIGHT = CASES.replace("utter_hours, utter_ask_code", "utter_hours, utter_ask_more")
runner = CliRunner()


def run(*arguments: str | Path, text: str = "") -> Result:
    return runner.invoke(app, list(map(str, arguments)), input=text)


def test_conversations_that_go_as_written(shop: Path) -> None:
    write_cases(shop, RIGHT)
    result = run("test", shop)
    assert result.exit_code == 0, result.output
    assert "Разговоры прошли: 2" in result.stdout
    assert "pattern_session_start" in result.stdout
    assert "Что пройдено" in result.stdout


def test_one_that_does_not_is_told_with_file_line_and_both_sides(shop: Path) -> None:
    write_cases(shop, CASES)
    result = run("test", shop)
    assert result.exit_code == 1
    assert f"{shop}/tests/conversations/shop.yml:11: bot: Юля сказала другое" in result.stdout
    assert "ждали:    [utter_hours, utter_ask_code]" in result.stdout
    assert "получили: [utter_hours, utter_ask_more]" in result.stdout
    assert "│ звонящий: «часы работы»" in result.stdout
    assert "Не прошло разговоров: 1 из 2" in result.stdout


def test_a_choice_by_name_or_file(shop: Path) -> None:
    write_cases(shop, CASES)
    write_cases(shop, CASES.replace("Open", "third"), "else")
    assert "Разговоры прошли: 1" in run("test", shop, "--match", "SHOP: closed").stdout
    assert "Не прошло разговоров: 1 из 1" in run("test", shop, "--match", "open").stdout
    assert "из 2" in run("test", shop, "--match", "else:").stdout
    nothing = run("test", shop, "--match", "nothing of this name")
    assert nothing.exit_code == 1
    assert "Нет таких разговоров" in nothing.stderr


def test_a_dialogue_without_conversations_does_not_pass(shop: Path) -> None:
    assert run("test", shop).exit_code == 1


def test_everything_as_json(shop: Path) -> None:
    write_cases(shop, CASES)
    result = run("test", shop, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["passed"], told["failed"]) == (1, 1)
    right, wrong = told["cases"]
    assert right == {
        "case": "closed", "file": "tests/conversations/shop.yml", "line": 2, "passed": True, "failure": None
    }  # fmt: skip
    failure = wrong["failure"]
    assert (failure["file"], failure["line"], failure["step"]) == ("tests/conversations/shop.yml", 11, "bot")
    assert failure["expected"] == ["utter_hours", "utter_ask_code"]
    assert failure["got"] == ["utter_hours", "utter_ask_more"]
    flow = told["coverage"]["flows"]["pattern_session_start"]
    assert flow["step"] == {"passed": 6, "of": 6, "percent": 100.0}
    assert flow["branch"] == {"passed": 3, "of": 4, "percent": 75.0}
    left = {
        (way["flow"], way["step"], way["way"]): (way["file"], way["line"]) for way in told["coverage"]["not_passed"]
    }
    assert left["pattern_session_start", "collect_wish", "no_input 1"] == ("flows/shop.yml", 6)


def test_log_lines_do_not_mix_with_json(shop: Path) -> None:
    write_cases(shop, RIGHT.replace("    steps:", "    loyalty: garbage\n    steps:", 1))
    before = structlog.get_config()
    told = json.loads(run("test", shop, "--json").stdout)
    assert told["cases"][0]["failure"]["message"].startswith("действия здесь выполняются сами")
    assert structlog.get_config() == before


def test_the_list_of_what_was_not_passed_names_lines(shop: Path) -> None:
    write_cases(shop, RIGHT)
    result = run("test", shop, "--coverage")
    place = f"{shop}/flows/shop.yml:6"
    assert f"{place}: pattern_session_start, шаг collect_wish: no_input, ступень 1 (utter_again)" in result.stdout
    assert f"{place}: pattern_session_start, шаг collect_wish: no_input, конец → оператор" in result.stdout


@pytest.mark.parametrize(("require", "code"), [("0", 0), ("20", 0), ("100", 1)])
def test_a_share_of_the_flows_may_be_required(shop: Path, require: str, code: int) -> None:
    write_cases(shop, RIGHT)
    result = run("test", shop, "--require", require)
    assert result.exit_code == code
    assert ("а нужно 100 %" in result.stderr) is bool(code)


def test_faulty_flows_and_faulty_conversations_are_told(shop: Path) -> None:
    write_cases(shop, RIGHT.replace("- user", "- usr", 1))
    result = run("test", shop)
    assert result.exit_code == 1
    assert f"{shop}/tests/conversations/shop.yml:4: неизвестный шаг «usr»" in result.stderr
    (shop / "flows" / "shop.yml").write_text("flows:\n")
    assert run("test", shop).exit_code == 1


# ---- talk


def talk(*lines: str, options: tuple[str | Path, ...] = ()) -> str:
    result = run("talk", *options, text="".join(f"{line}\n" for line in lines))
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_talking_in_text_to_the_end_of_a_call_with_the_sandbox_s_people() -> None:
    said = talk("узнать баланс", "нет")
    assert "loyalty.find_by_phone {phone: +79160000001} → found" in said
    assert "тысяча двести пятьдесят баллов" in said
    assert "HangUp(contained=True" in said


def test_a_free_phrase_is_understood_and_told() -> None:
    said = talk("скажите сколько у меня там бонусов то накопилось на карточке", "нет")
    assert "понято balance" in said
    assert "тысяча двести пятьдесят баллов" in said


def test_the_limits_of_a_question_are_told() -> None:
    assert "menu/ask: молчание 6 с, ответ до 12 с" in talk()


def test_talking_by_keys_with_a_hidden_number_and_a_failing_system() -> None:
    lines = ("!слух", "=1", "=7789000000002222", "!loyalty down", "=12051985")
    said = talk(*lines, options=("--caller", ""))
    assert "Наберите дату рождения" in said
    assert "→ сбой: unavailable" in said
    assert "reason='action_failed'" in said


def test_results_may_be_given_by_hand() -> None:
    said = talk("узнать баланс", "", "нет", options=("--by-hand",))
    assert "тысяча двести пятьдесят баллов" in said
    assert "Из них двести баллов сгорят" in said
    for failing in ("с", "{outcome: found}", "{outcome: [", "что-то"):
        assert "reason='action_failed'" in talk("узнать баланс", failing, options=("--by-hand",))


def test_a_result_may_be_written_out(shop: Path) -> None:
    said = talk("часы работы", "{outcome: open, hours: 21}", "нет", options=(shop, "--by-hand"))
    assert "Магазин работает до двадцать один." in said


def test_the_state_and_the_help_can_be_asked_for() -> None:
    said = talk("!state", "!шум", "!state", "!?", "!later soon", "!операции", "!later 5m", "!перехват")
    assert "сценарии: menu/ask" in said
    assert "caller_number = +79160000001 (number, подтверждён)" in said
    assert "не поняли menu/ask: 1, молчали: 0" in said
    assert said.count("эта справка") == 2
    assert "Бывает: 90s, 5m, 25h, 2d" in said


def test_hanging_up_in_the_talk_ends_it() -> None:
    assert "баллов" in talk("баланс")


def test_a_broken_dialogue_is_not_talked_to(shop: Path) -> None:
    (shop / "flows" / "shop.yml").write_text("flows:\n")
    result = run("talk", shop)
    assert result.exit_code == 1
    assert "Ошибок:" in result.stderr
