from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from pydantic import ValidationError

from ivr.line.asterisk_config import EMPTY_FILES, MODULES, TEMPLATE_DIR, AsteriskAccess, AsteriskFolders, render
from ivr.line.installation import (
    AsteriskInstallation,
    NoAsterisk,
    parse_version,
    private_root,
    sends_keys_over_audiosocket,
)
from ivr.line.ports import Address
from ivr.line.settings import AsteriskSettings

ACCESS = AsteriskAccess(
    agi=Address("127.0.0.1", 4573),
    ami=Address("127.0.0.1", 5038),
    ami_username="yulia",
    ami_secret="ami-secret-value",
    agent_passwords={"agent1": "first-password", "agent2": "second-password", "natasha": "third-password"},
)


@pytest.fixture
def installation(tmp_path: Path) -> AsteriskInstallation:
    for name in MODULES:
        (tmp_path / f"{name}.so").touch()
    return AsteriskInstallation(("asterisk",), tmp_path, tmp_path, (22, 4), "test")


def rendered(installation: AsteriskInstallation, **settings: object) -> dict[str, str]:
    return render(
        AsteriskSettings.model_validate(settings), installation, AsteriskFolders(Path("/state/asterisk")), ACCESS
    )


def section(text: str, name: str) -> str:
    return text.split(f"[{name}]", 1)[1].split("\n[", 1)[0]


def test_every_template_renders_without_an_undefined_name(installation: AsteriskInstallation) -> None:
    files = rendered(installation)
    assert {f"{name}.j2" for name in files if name not in EMPTY_FILES} == {
        path.name for path in TEMPLATE_DIR.glob("*.j2")
    }
    assert not [name for name, text in files.items() if "{{" in text or "{%" in text]


def test_an_undefined_name_in_a_template_is_an_error(installation: AsteriskInstallation, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "rtp.conf.j2").write_text("rtpstart = {{ asterisk.rtp_frist_port }}")
    with pytest.raises(jinja2.UndefinedError, match="rtp_frist_port"):
        render(AsteriskSettings(), installation, AsteriskFolders(Path("/state")), ACCESS, templates)


def test_secrets_stand_only_where_asterisk_reads_them(installation: AsteriskInstallation) -> None:
    files = rendered(installation)
    for secret, home in ((ACCESS.ami_secret, "manager.conf"), ("first-password", "pjsip.conf")):
        assert [name for name, text in files.items() if secret in text] == [home]


def test_templates_hold_no_secret_of_their_own() -> None:
    for template in TEMPLATE_DIR.glob("*.j2"):
        for value in re.findall(r"^\s*(?:secret|password|md5_cred)\s*=\s*(.*)$", template.read_text(), re.MULTILINE):
            assert value.startswith("{{"), template.name


def test_everything_listens_on_the_given_addresses(installation: AsteriskInstallation) -> None:
    files = rendered(installation, sip_port=15060, rtp_first_port=20000, rtp_last_port=20099)
    assert "bind = 127.0.0.1:15060" in files["pjsip.conf"]
    assert "rtpstart = 20000\nrtpend = 20099" in files["rtp.conf"]
    assert "bindaddr = 127.0.0.1\nport = 5038" in files["manager.conf"]
    assert "agi://127.0.0.1:4573/call" in files["extensions.conf"]


def test_agents_and_queues_come_from_the_settings(installation: AsteriskInstallation) -> None:
    files = rendered(installation, agents=["natasha"], queues=["hotline", "stores"])
    assert "password = third-password" in files["pjsip.conf"]
    assert "agent1" not in files["pjsip.conf"]
    assert "member => PJSIP/natasha" in section(files["queues.conf"], "stores")
    assert '"${YULIA_QUEUE}" = "stores"' in files["extensions.conf"]


def test_the_ami_user_may_do_what_the_line_needs_and_no_more(installation: AsteriskInstallation) -> None:
    user = section(rendered(installation)["manager.conf"], "yulia")
    assert re.findall(r"^(read|write) = (.*)$", user, re.MULTILINE) == [
        ("read", "system,call,agent,dtmf"),
        ("write", "call,reporting"),
    ]
    assert "deny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.0/255.0.0.0" in user


def test_no_pattern_in_the_dialplan_catches_what_it_should_not(installation: AsteriskInstallation) -> None:
    extensions = re.findall(r"^exten => ([^,]+),", rendered(installation)["extensions.conf"], re.MULTILINE)
    assert not [name for name in extensions if name.startswith("_")]
    assert set(extensions) == {"100", "T", "start", "add"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"agents": ["agent1\npassword=x"]},
        {"agents": ["hotline"]},
        {"agents": ["agent1", "agent1"]},
        {"queues": ["cards"]},
        {"hotline_number": "_X."},
        {"sip_host": "localhost;evil"},
        {"trunk_sources": []},
        {"rtp_first_port": 16001},
        {"language": "../etc"},
    ],
)
def test_values_that_would_break_asterisks_files_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AsteriskSettings.model_validate(wrong)


def test_an_asterisk_without_a_needed_module_is_refused_by_name(installation: AsteriskInstallation) -> None:
    (installation.module_dir / "app_audiosocket.so").unlink()
    with pytest.raises(NoAsterisk, match="lacks modules: app_audiosocket"):
        rendered(installation)


@pytest.mark.parametrize(
    ("said", "version", "keys"),
    [
        ("Asterisk 18.24.3", (18, 24, 3), False),
        ("Asterisk 20.13.0", (20, 13, 0), False),
        ("Asterisk 20.14.0", (20, 14, 0), True),
        ("Asterisk 21.8.1", (21, 8, 1), False),
        ("Asterisk 21.9.0", (21, 9, 0), True),
        ("Asterisk 22.3.0", (22, 3, 0), False),
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1), True),
        ("Asterisk certified-22.8-cert1", (22, 8), True),
        ("Asterisk certified/20.7-cert2", (20, 7), False),
        ("22.4.1~dfsg", (22, 4, 1), True),
        ("Asterisk 23.0.0", (23, 0, 0), True),
    ],
)
def test_the_version_tells_whether_keys_come_over_audiosocket(said: str, version: tuple[int, ...], keys: bool) -> None:
    assert parse_version(said) == version
    assert sends_keys_over_audiosocket(version) is keys


def test_a_root_without_asterisk_is_told_with_every_way_out(tmp_path: Path) -> None:
    with pytest.raises(NoAsterisk, match=r"make setup.*YULIA_ASTERISK__PROGRAM.*YULIA_ASTERISK__EXTERNAL"):
        private_root(tmp_path)
