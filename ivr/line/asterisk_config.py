"""Asterisk's configuration: templates of asterisk_conf/ rendered into the state folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ivr.line.installation import AsteriskInstallation, NoAsterisk
from ivr.line.ports import Address
from ivr.line.settings import AsteriskSettings
from ivr.line.state import CHECKOUT, ServiceUser, give, write_private

TEMPLATE_DIR = CHECKOUT / "asterisk_conf"
NOTICES_DIR = CHECKOUT / "tts" / "recorded"
NOTICES_GLOB = "notice_*.wav"

# Loaded in this order; all of them exist in every branch from 18 to 22.
MODULES = (
    *("pbx_config", "res_timing_timerfd"),
    *("codec_alaw", "codec_ulaw", "codec_resample", "format_pcm", "format_wav", "format_sln", "format_gsm"),
    *("res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject"),
    *("res_pjsip", "res_pjsip_pubsub", "res_pjsip_session", "res_pjsip_sdp_rtp", "res_rtp_asterisk"),
    *("res_pjsip_endpoint_identifier_ip", "res_pjsip_endpoint_identifier_user"),
    *("res_pjsip_authenticator_digest", "res_pjsip_registrar"),
    *("res_pjsip_caller_id", "res_pjsip_nat", "res_pjsip_rfc3326", "res_pjsip_dtmf_info", "res_pjsip_header_funcs"),
    *("chan_pjsip", "bridge_simple", "bridge_native_rtp", "bridge_holding", "bridge_builtin_features"),
    *("func_channel", "func_callerid", "func_logic", "func_strings", "func_timeout"),
    *("app_queue", "app_playback", "app_stack", "app_exec", "app_verbose"),
    *("res_musiconhold", "res_speech", "res_agi", "res_audiosocket", "app_audiosocket"),
)

# Files that Asterisk's core asks for and warns about when they are not there; nothing in them is wanted.
EMPTY_FILES = (
    *("acl.conf", "ccss.conf", "cel.conf", "codecs.conf", "features.conf", "http.conf", "queuerules.conf"),
    "udptl.conf",
)


@dataclass(frozen=True, slots=True)
class AsteriskFolders:
    """Asterisk's folders of one line."""

    top: Path

    @property
    def etc(self) -> Path:
        """Rendered configuration."""
        return self.top / "etc"

    @property
    def data(self) -> Path:
        """Sounds and documentation: links to the installation's, and our notices."""
        return self.top / "data"

    @property
    def moh(self) -> Path:
        """Hold music."""
        return self.top / "moh"

    @property
    def lib(self) -> Path:
        """The internal database, with the phones' registrations."""
        return self.top / "lib"

    @property
    def spool(self) -> Path:
        """Spool files."""
        return self.top / "spool"

    @property
    def cache(self) -> Path:
        """Cached media."""
        return self.top / "cache"

    @property
    def run(self) -> Path:
        """Control socket and process id."""
        return self.top / "run"

    @property
    def log(self) -> Path:
        """Asterisk's own log."""
        return self.top / "log"

    @property
    def main_file(self) -> Path:
        """What `asterisk -C` is given."""
        return self.etc / "asterisk.conf"

    @property
    def messages(self) -> Path:
        """Notices, warnings and errors of Asterisk."""
        return self.log / "messages"

    def all(self) -> tuple[Path, ...]:
        """Every folder."""
        return (self.etc, self.data, self.moh, self.lib, self.spool, self.cache, self.run, self.log)


@dataclass(frozen=True, slots=True)
class AsteriskAccess:
    """The addresses and secrets that go into the configuration."""

    agi: Address
    ami: Address
    ami_username: str
    ami_secret: str
    agent_passwords: dict[str, str]


def render(
    settings: AsteriskSettings,
    installation: AsteriskInstallation,
    folders: AsteriskFolders,
    access: AsteriskAccess,
    template_dir: Path = TEMPLATE_DIR,
) -> dict[str, str]:
    """Render every template; the answer is text by file name.

    Raises:
        jinja2.UndefinedError: a template names what nobody gives.
        NoAsterisk: the installation lacks a module that the line needs.
    """
    missing = [name for name in MODULES if not (installation.module_dir / f"{name}.so").exists()]
    if missing:
        raise NoAsterisk(f"Asterisk ({installation.origin}) lacks modules: {', '.join(missing)}")
    environment = Environment(
        loader=FileSystemLoader(template_dir),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # not HTML; every value is checked by the settings
    )
    values = {
        "asterisk": settings,
        "installation": installation,
        "folders": folders,
        "modules": MODULES,
        "agi": access.agi,
        "ami": access.ami,
        "ami_username": access.ami_username,
        "ami_secret": access.ami_secret,
        "agent_passwords": access.agent_passwords,
    }
    files = {name: "; Rendered by Yulia: nothing is wanted of it.\n" for name in EMPTY_FILES}
    for template in sorted(environment.list_templates(extensions=["j2"])):
        files[template.removesuffix(".j2")] = environment.get_template(template).render(values)
    return files


def install(
    files: dict[str, str],
    installation: AsteriskInstallation,
    folders: AsteriskFolders,
    user: ServiceUser | None,
    notices_dir: Path = NOTICES_DIR,
) -> tuple[str, ...]:
    """Write the rendered files, link the sounds, copy the notices; all of it belongs to the service user.

    Returns:
        The names of the notices, as the dialplan and AGI play them (`yulia/<name>`).
    """
    for folder in folders.all():
        folder.mkdir(parents=True, exist_ok=True)
        give(folder, user)
    for old in folders.etc.iterdir():
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        write_private(folders.etc / name, text, user)
    return _lay_out_sounds(installation, folders, user, notices_dir)


def _lay_out_sounds(
    installation: AsteriskInstallation, folders: AsteriskFolders, user: ServiceUser | None, notices_dir: Path
) -> tuple[str, ...]:
    shutil.rmtree(folders.data)
    sounds = folders.data / "sounds"
    own = sounds / "yulia"
    own.mkdir(parents=True)
    for source, target in ((installation.data_dir, folders.data), (installation.data_dir / "sounds", sounds)):
        for entry in source.iterdir() if source.is_dir() else ():
            if entry.name not in ("sounds", "yulia"):
                (target / entry.name).symlink_to(entry)
    for notice in sorted(notices_dir.glob(NOTICES_GLOB)):
        # A copy: the service user may not be able to read the checkout.
        shutil.copyfile(notice, own / notice.name)
    for path in (folders.data, sounds, own, *own.iterdir()):
        give(path, user)
    return tuple(sorted(f"yulia/{notice.stem}" for notice in own.iterdir()))
