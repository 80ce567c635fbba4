from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from ivr.line import secrets
from ivr.line.state import (
    CHECKOUT,
    AlreadyRunning,
    StateError,
    check_socket_path,
    default_state_dir,
    hold_lock,
    reachable_by_others,
    write_private,
)


def test_set_up_and_the_line_agree_on_the_state_folder() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "YULIA_LINE__STATE_DIR"}
    said = subprocess.run(
        [CHECKOUT / "scripts/setup.sh", "--print-state-dir"],
        capture_output=True, text=True, check=True, env=environment, timeout=20,
    )  # fmt: skip
    assert Path(said.stdout.strip()) == default_state_dir()


def test_the_state_lies_in_the_checkout_unless_root_hides_it_from_the_service_user(tmp_path: Path) -> None:
    checkout = tmp_path / "yulia"
    checkout.mkdir()
    tmp_path.chmod(0o700)
    assert not reachable_by_others(checkout)
    assert default_state_dir(checkout, as_root=False) == checkout / ".yulia"
    hidden = default_state_dir(checkout, as_root=True)
    assert hidden.parent == Path("/var/lib/yulia")
    assert hidden.name.startswith("yulia-")
    assert hidden != default_state_dir(tmp_path / "other" / "yulia", as_root=True)
    assert default_state_dir(Path("/usr/share"), as_root=True) == Path("/usr/share/.yulia")


def test_a_private_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_line_with_the_same_state_folder_is_refused_with_the_firsts_process_id(tmp_path: Path) -> None:
    lock = hold_lock(tmp_path / "line.lock")
    with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"):
        hold_lock(tmp_path / "line.lock")
    os.close(lock)
    os.close(hold_lock(tmp_path / "line.lock"))


def test_a_path_too_long_for_a_socket_is_refused_with_a_way_out() -> None:
    with pytest.raises(StateError, match="YULIA_LINE__STATE_DIR"):
        check_socket_path(Path("/tmp") / ("x" * 110) / "asterisk.ctl")


def test_secrets_are_made_once_and_only_missing_ones_are_added(tmp_path: Path) -> None:
    first = secrets.ensure_secrets(tmp_path, ["agent1"])
    second = secrets.ensure_secrets(tmp_path, ["agent1", "agent2"])
    assert second.agents["agent1"] == first.agents["agent1"]
    assert second.ami_secret == first.ami_secret
    assert set(second.agents) == {"agent1", "agent2"}
    assert secrets.load_secrets(tmp_path) == second
    assert stat.S_IMODE((tmp_path / secrets.FILE_NAME).stat().st_mode) == 0o600


def test_no_two_lines_share_a_secret_and_none_is_weak(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(secrets.ensure_secrets(tmp_path / name, ["agent1", "agent2"]))
    values = [
        value
        for each in made
        for value in (
            each.ami_secret, each.redis_password, each.loyalty_token, each.attempts_secret, *each.agents.values()
        )
    ]  # fmt: skip
    assert len(set(values)) == len(values) == 12
    assert min(map(len, values)) >= 32


def test_secrets_do_not_show_when_printed(tmp_path: Path) -> None:
    made = secrets.ensure_secrets(tmp_path, ["agent1"])
    assert made.ami_secret not in repr(made) + str(made)
    assert made.agents["agent1"] not in repr(made) + str(made)
