"""The commands as a person starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ivr.softphone.scratch_asterisk import AGENT_PASSWORD, ScratchAsterisk

pytestmark = pytest.mark.call

_MAIN = "import typer; from ivr.softphone.commands import add_commands; app = typer.Typer(); add_commands(app); app()"


def yulia(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YULIA_")}
    environment |= {"YULIA_LINE__STATE_DIR": str(folder / "state"), "PYTHONPATH": os.getcwd(), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", _MAIN, *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def scenario(folder: Path, steps: str) -> str:
    path = folder / "told.yml"
    path.write_text(f'name: told\ncaller_number: "+79160000001"\nsteps:\n{steps}', encoding="utf-8")
    return str(path)


def test_a_call_is_told_live_and_recorded(asterisk: ScratchAsterisk, tmp_path: Path) -> None:
    told = scenario(tmp_path, "  - wait_prompt\n  - press: '1'\n  - wait_sound\n  - hang_up\n")
    done = yulia(tmp_path, "call", "--scenario", told, "--server", asterisk.server, "--number", "620")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Звонящий  ▸ [клавиша 1]" in done.stdout
    assert "Юля       ▸ здравствуйте" in done.stdout
    (recording,) = (tmp_path / "recordings").glob("*-told.wav")
    assert recording.name in done.stdout
    assert "baresip" not in done.stdout + done.stderr


def test_what_failed_is_in_the_exit_code_and_in_the_json(asterisk: ScratchAsterisk, tmp_path: Path) -> None:
    told = scenario(tmp_path, "  - wait_prompt: 0.5\n")
    done = yulia(tmp_path, "call", "--scenario", told, "--server", asterisk.server, "--number", "607", "--json")
    assert done.returncode == 1
    (report,) = json.loads(done.stdout)
    assert report["ok"] is False
    assert report["failures"] == ["step 1 (wait_prompt, line 4): nothing was heard for 0.5 s"]


def test_a_line_that_is_down_is_said_so_in_one_sentence(tmp_path: Path) -> None:
    done = yulia(tmp_path, "call", "--scenario", "hang_up", "--server", "127.0.0.1:9")
    assert done.returncode == 2
    assert "is the line up?" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_agent_of_a_line_that_never_ran_needs_a_password(asterisk: ScratchAsterisk, tmp_path: Path) -> None:
    done = yulia(tmp_path, "agent", "--server", asterisk.server, "--once")
    assert done.returncode == 2
    assert "give the password" in done.stdout


def test_an_agents_phone_shows_the_context(asterisk: ScratchAsterisk, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YULIA_")}
    environment |= {"YULIA_LINE__STATE_DIR": str(tmp_path / "state"), "PYTHONPATH": os.getcwd(), "COLUMNS": "200"}
    agent = subprocess.Popen(
        [sys.executable, "-u", "-c", _MAIN, "agent", "--server", asterisk.server, "--password", AGENT_PASSWORD,
         "--once", "--answer-after-seconds", "0", "--talk-seconds", "0.2"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert agent.stdout is not None
        assert "agent1 на линии" in agent.stdout.readline()
        told = scenario(tmp_path, "  - expect_ended: them\n")
        done = yulia(tmp_path, "call", "--scenario", told, "--server", asterisk.server, "--number", "610")
        output, _ = agent.communicate(timeout=20)
    finally:
        agent.kill()
        agent.wait()
    assert done.returncode == 0, done.stdout
    assert "X-Yulia-Context: ctx-79160000001" in output
    assert "вы положили трубку" in output
    assert agent.returncode == 0
