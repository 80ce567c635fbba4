from __future__ import annotations

from pathlib import Path

import pytest
import typer

from ivr.line.running import redis_of_line
from ivr.line.secrets import ensure_secrets


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty state folder, and no settings of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YULIA_REDIS__URL", raising=False)
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("YULIA_LINE__STATE_DIR", str(folder))
    return folder


def test_the_redis_of_the_settings_needs_no_line_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YULIA_REDIS__URL", "redis://elsewhere:6379/0")
    monkeypatch.setenv("YULIA_REDIS__KEY_PREFIX", "second:")
    assert (redis_of_line().url, redis_of_line().key_prefix) == ("redis://elsewhere:6379/0", "second:")


def test_the_private_redis_is_found_with_its_password(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ensure_secrets(state, ("agent1",))
    monkeypatch.setenv("YULIA_LINE__REDIS_PORT", "6999")
    url = redis_of_line().url
    assert url is not None
    assert secrets.redis_password in url
    assert "6999" in url


def test_without_a_line_it_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        redis_of_line()
    assert ended.value.exit_code == 1
    assert "make run" in capsys.readouterr().err
