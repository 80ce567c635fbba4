from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dialogs.commands import app, digits

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


def test_talking_in_text_to_the_end_of_a_call() -> None:
    # speech, the result that is offered, silence
    result = runner.invoke(app, ["talk"], input="узнать баланс\n\n\n")
    assert result.exit_code == 0, result.stdout
    said = " ".join(result.stdout.split())
    assert "тысяча двести пятьдесят баллов" in said
    assert "HangUp(contained=True" in said


def test_talking_by_keys_with_a_hidden_number_and_a_failing_system() -> None:
    lines = ["!слух", "=1", "=7789000000002222", "=12051985", "с"]
    result = runner.invoke(app, ["talk", "--caller", ""], input="\n".join(lines) + "\n")
    said = " ".join(result.stdout.split())
    assert "Наберите дату рождения" in said
    assert "reason='action_failed'" in said


def test_hanging_up_in_the_talk_ends_it() -> None:
    result = runner.invoke(app, ["talk"], input="баланс\n")
    assert result.exit_code == 0


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


def test_what_is_no_number_has_no_reading() -> None:
    result = runner.invoke(digits_app, ["привет", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"text": "привет", "digits": None, "readings": []}
