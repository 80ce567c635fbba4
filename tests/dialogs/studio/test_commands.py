"""The commands by hand, over a real Redis."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from dialogs.engine.bundle import Bundle
from dialogs.settings import DialogueSettings
from dialogs.studio.access import StudioAccess
from dialogs.studio.commands import OUT_OF_REACH, REFUSED, add_commands
from integrations.settings import RedisSettings
from tests.dialogs.studio.conftest import MakeDialogue
from tests.integrations.redis_server import RedisServer, free_port

app = typer.Typer()
add_commands(app)

Yulia = Callable[..., Result]


class Line:
    """What the commands find of a line; its conversation tests fail as the test says."""

    def __init__(self, redis: RedisSettings, folder: Path) -> None:
        self.redis = redis
        self.folder = folder
        self.failing: tuple[str, ...] = ()

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, obj=self.access, env={"SUDO_USER": "Анна", "COLUMNS": "200"})

    def access(self) -> StudioAccess:
        settings = DialogueSettings(folder=self.folder)
        return StudioAccess(lambda: self.redis, settings, self.run_tests)

    def run_tests(self, folder: Path, bundle: Bundle) -> tuple[str, ...]:
        return self.failing

    def answer(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def line(redis_server: RedisServer, dialogue: MakeDialogue) -> Line:
    prefix = f"test-{secrets.token_hex(8)}:"
    return Line(RedisSettings(url=redis_server.url, key_prefix=prefix), dialogue())


def test_from_the_first_version_to_a_rollback(line: Line, dialogue: MakeDialogue) -> None:
    assert "папка из настроек" in line.run("versions").stdout
    result = line.run("publish", "-m", "первая [версия]")
    assert result.exit_code == 0, result.output
    assert "Проверено: сценариев" in result.stdout
    first = line.answer("versions")["active"]
    second = line.answer("publish", str(dialogue(hello="Добрый день!")), "-m", "приветствие")["active"]
    assert first != second
    table = line.run("versions").stdout
    for part in (first[:12], second[:12], "первая [версия]", "приветствие", "Анна", "● все"):
        assert part in table
    assert line.answer("rollback")["active"] == first
    assert line.answer("rollback", second[:8])["active"] == second


def test_the_versions_in_json_tell_all_of_them(line: Line) -> None:
    published = line.answer("publish", "-m", "первая")
    told = line.answer("versions")
    (version,) = told["versions"]
    assert version["hash"] == told["active"] == published["version"]
    assert (version["author"], version["message"]) == ("Анна", "первая")
    assert (told["canary"], told["canary_share"]) == (None, 0)


def test_a_trial_by_its_commands(line: Line, dialogue: MakeDialogue) -> None:
    first = line.answer("publish")["active"]
    trial = line.answer("publish", str(dialogue(hello="Добрый день!")), "--canary", "10")
    assert (trial["active"], trial["canary"], trial["canary_share"]) == (first, trial["version"], 10)
    assert "10 % новых звонков" in line.run("versions").stdout
    assert "● 90 %" in line.run("versions").stdout
    assert line.answer("canary", "25")["canary_share"] == 25
    assert line.answer("canary", "off")["canary"] is None
    assert line.answer("canary", "5", "--version", trial["version"][:10])["canary_share"] == 5
    assert line.answer("canary", "promote")["active"] == trial["version"]


@pytest.mark.parametrize("arguments", [("canary", "101"), ("canary", "много"), ("canary", "off", "--version", "abcd")])
def test_a_share_that_is_none_is_a_wrong_usage(line: Line, arguments: tuple[str, ...]) -> None:
    assert line.run(*arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [("rollback",), ("rollback", "abcdef"), ("canary", "10"), ("canary", "promote")])
def test_what_cannot_be_done_is_told_in_russian(line: Line, arguments: tuple[str, ...]) -> None:
    result = line.run(*arguments)
    assert result.exit_code == REFUSED
    assert "верси" in result.stderr
    assert json.loads(line.run(*arguments, "--json").stdout)["error"]


def test_a_faulty_dialogue_is_not_published(line: Line) -> None:
    shop = line.folder / "flows" / "shop.yml"
    shop.write_text(shop.read_text().replace("say: utter_hello", "say: utter_helo"))
    result = line.run("publish")
    assert result.exit_code == REFUSED
    assert "flows/shop.yml:5: нет реплики «utter_helo»" in result.stderr
    problems = json.loads(line.run("publish", "--json").stdout)["problems"]
    assert [(problem["file"], problem["line"]) for problem in problems] == [("flows/shop.yml", 5)]
    assert line.answer("versions")["versions"] == []


def test_a_dialogue_whose_conversations_fail_is_not_published(line: Line) -> None:
    line.failing = ("tests/conversations/menu.yml:3: баланс: сказано не то",)
    result = line.run("publish")
    assert result.exit_code == REFUSED
    assert "menu.yml:3: баланс: сказано не то" in result.stderr
    assert json.loads(line.run("publish", "--json").stdout) == {"failed_tests": list(line.failing)}
    assert line.answer("versions")["versions"] == []


def test_a_folder_that_is_not_there_is_a_wrong_usage(line: Line, tmp_path: Path) -> None:
    assert line.run("publish", str(tmp_path / "nowhere")).exit_code == 2


def test_a_redis_out_of_reach_has_an_exit_code_of_its_own(line: Line) -> None:
    line.redis = RedisSettings(url=f"redis://127.0.0.1:{free_port()}/0")
    for arguments in (("publish",), ("versions",), ("rollback",), ("canary", "off"), ("diff",)):
        result = line.run(*arguments)
        assert result.exit_code == OUT_OF_REACH, arguments
        assert "недоступно" in result.stderr


def test_the_difference_between_what_takes_calls_and_the_folder(line: Line) -> None:
    assert "Отличий нет" in line.run("diff").stdout
    first = line.answer("publish")["active"]
    responses = line.folder / "domain" / "responses.yml"
    responses.write_text(responses.read_text().replace("Здравствуйте!", "Добрый день!"))
    told = line.run("diff").stdout
    assert "~ реплика utter_hello" in told
    assert "text: Здравствуйте! → Добрый день!" in told
    assert line.answer("diff") == [
        {
            "section": "responses",
            "name": "utter_hello",
            "kind": "changed",
            "details": [{"where": "text", "old": "Здравствуйте!", "new": "Добрый день!"}],
        }
    ]
    raw = line.run("diff", "--raw").stdout.splitlines()
    assert raw[:2] == ["--- a/domain/responses.yml", "+++ b/domain/responses.yml"]
    assert "+    - text: Добрый день!" in raw
    second = line.answer("publish")["active"]
    assert line.answer("diff") == []
    assert "Добрый день! → Здравствуйте!" in line.run("diff", second[:8], first[:8]).stdout


def test_a_change_that_means_nothing_is_told_as_such(line: Line) -> None:
    line.answer("publish")
    shop = line.folder / "flows" / "shop.yml"
    shop.write_text("# магазин\n" + shop.read_text())
    assert "только оформление" in line.run("diff").stdout
    assert "+# магазин" in line.run("diff", "--raw").stdout


def test_two_folders_are_compared_without_a_line(line: Line, dialogue: MakeDialogue) -> None:
    line.redis = RedisSettings(url=f"redis://127.0.0.1:{free_port()}/0")
    (change,) = line.answer("diff", str(line.folder), str(dialogue(hello="Привет!")))
    assert change["name"] == "utter_hello"


def test_what_is_no_yaml_sends_to_the_raw_difference(line: Line) -> None:
    line.answer("publish")
    (line.folder / "flows" / "shop.yml").write_text("flows: [")
    result = line.run("diff")
    assert result.exit_code == REFUSED
    assert "--raw" in result.stderr
    assert "+flows: [" in line.run("diff", "--raw").stdout
