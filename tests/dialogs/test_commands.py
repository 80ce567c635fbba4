from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dialogs.commands import app
from dialogs.digits_command import digits

BASE = Path(__file__).parent / "broken" / "base"
runner = CliRunner()
digits_app = typer.Typer()
digits_app.command()(digits)


def test_the_shipped_dialogue_passes_its_check() -> None:
    result = runner.invoke(app, ["check"])
    assert result.exit_code == 0
    assert "Всё в порядке" in result.stdout


def test_a_broken_folder_is_told_with_file_and_line(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BASE, tmp_path / "dialogue"))
    shop = folder / "flows" / "shop.yml"
    shop.write_text(shop.read_text().replace("say: utter_hello", "say: utter_helo"))
    result = runner.invoke(app, ["check", str(folder)])
    assert result.exit_code == 1
    assert f"{shop}:5: нет реплики «utter_helo»" in result.stderr
    assert "Возможно, вы имели в виду «utter_hello»" in result.stderr
    assert "Ошибок: 1" in result.stderr


def test_a_warning_is_told_and_does_not_fail_the_check(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BASE, tmp_path / "dialogue"))
    with (folder / "domain" / "slots.yml").open("a") as slots:
        slots.write("  never: {type: text}\n")
    result = runner.invoke(app, ["check", str(folder)])
    assert result.exit_code == 0
    assert "слот «never» нигде не используется" in result.stderr
    assert "Предупреждений: 1" in result.stderr
    assert "Всё в порядке" in result.stdout


def test_the_check_tells_how_long_each_flow_can_keep_a_caller() -> None:
    result = runner.invoke(app, ["check", str(BASE), "--times"])
    assert result.exit_code == 0
    (row,) = (line for line in result.stdout.splitlines() if "pattern_cancel" in line)
    assert "0:01" in row
    assert "дольше всего" not in runner.invoke(app, ["check", str(BASE)]).stdout


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["семьдесят семь восемьдесят девять два нуля"], "778900"),
        (["двадцать пять", "--length", "3"], "205"),
        (["двенадцатое мая восемьдесят пятого", "--check", "birth_date"], "12051985"),
        (["двадцать пять", "--length", "2", "--length", "3", "--prefix", "20"], "205"),
    ],
)
def test_spoken_numbers_by_hand(arguments: list[str], found: str) -> None:
    result = runner.invoke(digits_app, [*arguments, "--json"])
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["digits"] == found
    assert answer["readings"][0] == found
    assert found in runner.invoke(digits_app, arguments).stdout


@pytest.mark.parametrize(
    ("said", "length", "found", "reason", "groups"),
    [
        ("семьдесят семь, восемьдесят девять", 4, "7789", "natural", ["7789"]),
        ("двадцать пять", 3, "205", "unnatural", ["205"]),
        ("девятьсот шестнадцать сорок пять", 5, "91645", "natural", ["916", "45"]),
        ("двадцать пять тридцать шесть", 5, "20536", "another_reading", ["205", "36"]),
    ],
)
def test_why_a_number_is_taken_and_in_which_groups(
    said: str, length: int, found: str, reason: str, groups: list[str]
) -> None:
    answer = json.loads(runner.invoke(digits_app, [said, "--json", f"--length={length}"]).stdout)
    assert (answer["digits"], answer["reason"]) == (found, reason)
    assert answer["groups"] == groups


def test_what_is_no_number_has_no_reading() -> None:
    result = runner.invoke(digits_app, ["привет", "--json"])
    assert result.exit_code == 1
    nothing = {"text": "привет", "digits": None, "reason": None, "groups": [], "readings": []}
    assert json.loads(result.stdout) == nothing


def test_several_numbers_come_from_standard_input() -> None:
    result = runner.invoke(digits_app, ["--json", "--length", "2"], input="сорок два\n\nсорок\nтысяча\n")
    assert result.exit_code == 1
    assert [json.loads(line)["digits"] for line in result.stdout.splitlines()] == ["42", "40", None]
    told = runner.invoke(digits_app, ["--length", "2"], input="сорок два\n").stdout
    assert "сорок два" in told
    assert "42" in told


def test_another_reading_of_the_recogniser_counts_when_the_first_does_not_fit() -> None:
    result = runner.invoke(digits_app, ["один два", "--length", "3", "--alternative", "один два три", "--json"])
    assert json.loads(result.stdout)["digits"] == "123"
    assert json.loads(result.stdout)["reason"] == "alternative"


def test_a_number_that_does_not_fit_is_told_as_it_was_said() -> None:
    told = runner.invoke(digits_app, ["один два", "--length", "5"]).stdout
    assert "Ни одно прочтение не подходит" in told
    assert "12" in told
