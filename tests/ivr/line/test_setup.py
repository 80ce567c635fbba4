"""The set-up script in a checkout of its own, with an Asterisk and a Redis of somebody else and no requirements."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ivr.line.state import CHECKOUT

REQUIREMENTS = "# nothing is needed\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("scripts", "requirements"):
        (tmp_path / folder).mkdir()
    shutil.copy(CHECKOUT / "scripts/setup.sh", tmp_path / "scripts")
    (tmp_path / "requirements/runtime.txt").write_text(REQUIREMENTS)
    return tmp_path


def set_up(checkout: Path) -> subprocess.CompletedProcess[str]:
    outside = {
        "YULIA_ASTERISK__EXTERNAL": "true",
        "YULIA_REDIS__URL": "redis://elsewhere",
        # The state folder of root's hidden checkout lies under /var/lib otherwise.
        "YULIA_LINE__SERVICE_USER": "nobody",
    }
    return subprocess.run(
        [checkout / "scripts/setup.sh"],
        capture_output=True,
        text=True,
        env=os.environ | outside,
        timeout=100,
        check=False,
    )


@pytest.fixture(autouse=True)
def _state_goes_with_the_checkout(checkout: Path):  # type: ignore[no-untyped-def]
    yield
    said = subprocess.run(
        [checkout / "scripts/setup.sh", "--print-state-dir"], capture_output=True, text=True, check=True, timeout=20
    )
    state = Path(said.stdout.strip())
    assert checkout in state.parents or state.parent == Path("/var/lib/yulia")
    shutil.rmtree(state, ignore_errors=True)


def test_a_second_set_up_finds_nothing_to_do(checkout: Path) -> None:
    first = set_up(checkout)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "[1/1] done: Python environment (.venv)" in first.stdout
    second = set_up(checkout)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_changed_requirements_are_installed_anew(checkout: Path) -> None:
    assert set_up(checkout).returncode == 0
    (checkout / "requirements/runtime.txt").write_text(REQUIREMENTS + "# and nothing else\n")
    again = set_up(checkout)
    assert "Python environment (.venv)" in again.stdout
    assert set_up(checkout).stdout == ""


def test_a_step_that_fails_is_told_with_the_logs_last_lines_and_how_to_mend_it(checkout: Path) -> None:
    wanted = "nothing @ file:///no/such/wheel-1-py3-none-any.whl --hash=sha256:" + "0" * 64
    (checkout / "requirements/runtime.txt").write_text(wanted + "\n")
    failed = set_up(checkout)
    assert failed.returncode == 1
    assert "[1/1] FAILED: Python environment (.venv)" in failed.stdout
    assert "/no/such/wheel" in failed.stderr
    assert "How to mend it:" in failed.stderr
    # A failed step leaves no stamp.
    (checkout / "requirements/runtime.txt").write_text(REQUIREMENTS)
    assert set_up(checkout).returncode == 0


def test_an_environment_of_a_moved_checkout_is_made_anew(checkout: Path) -> None:
    assert set_up(checkout).returncode == 0
    pip = checkout / ".venv/bin/pip"
    pip.write_text("#!/elsewhere/.venv/bin/python\n")
    for stamp in (checkout / ".venv").glob(".yulia-*"):
        stamp.unlink()
    assert set_up(checkout).returncode == 0
    assert str(checkout) in pip.read_text()


def test_the_command_runs_the_checkout_from_any_folder(checkout: Path, tmp_path: Path) -> None:
    (checkout / "ivr").mkdir()
    (checkout / "ivr/__init__.py").touch()
    (checkout / "ivr/cli.py").write_text("import sys\ndef main(): print('runs', sys.argv[1:])\n")
    assert set_up(checkout).returncode == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "yulia").symlink_to(checkout / ".venv/bin/yulia")
    (elsewhere / "ivr.py").write_text("raise SystemExit('the wrong ivr')")
    said = subprocess.run(
        ["./yulia", "two words"], cwd=elsewhere, capture_output=True, text=True, check=True, timeout=20
    )
    assert said.stdout == "runs ['two words']\n"
