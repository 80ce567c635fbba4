"""Which Asterisk there is: the machine's own, a named program, or the private root that set-up built."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ivr.line.settings import AsteriskSettings

MINIMUM_MAJOR = 18
ROOT_NAME = "asterisk-root"

# First release of each branch whose AudioSocket sends keys (asterisk/asterisk pull request 1138, May 2025; the same
# change cures its one-way audio and its 100 % CPU). Branches 18 and 19 never got it, 23 and later always had it.
KEYS_OVER_AUDIOSOCKET_SINCE = {20: (20, 14), 21: (21, 9), 22: (22, 4)}
_FIRST_BRANCH_WITH_KEYS = 23

_VERSION_LIMIT_SECONDS = 10.0


class NoAsterisk(Exception):
    """There is no usable Asterisk; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class AsteriskInstallation:
    """How to run an Asterisk, and where its modules and data lie."""

    command: tuple[str, ...]
    module_dir: Path
    data_dir: Path  # with sounds/ and documentation/
    version: tuple[int, ...]
    origin: str  # for people

    @property
    def sends_keys_over_audiosocket(self) -> bool:
        """Whether keys come in the audio stream; if not, they must be taken from AMI."""
        return sends_keys_over_audiosocket(self.version)


def sends_keys_over_audiosocket(version: tuple[int, ...]) -> bool:
    """Tell by version whether this Asterisk sends keys over AudioSocket."""
    since = KEYS_OVER_AUDIOSOCKET_SINCE.get(version[0])
    return version[0] >= _FIRST_BRANCH_WITH_KEYS if since is None else version >= since


def parse_version(text: str) -> tuple[int, ...]:
    """Read the output of `asterisk -V` or the AsteriskVersion of AMI: "Asterisk 22.10.1+dfsg", "certified/20.7-cert2".

    Raises:
        NoAsterisk: not a version.
    """
    match = re.search(r"^(?:Asterisk )?(?:certified[/-]|GIT-)?(\d+(?:\.\d+)*)", text)
    if match is None:
        raise NoAsterisk(f"cannot tell the version of Asterisk from {text.strip()!r}")
    return tuple(int(part) for part in match[1].split("."))


def find_installation(settings: AsteriskSettings, default_state_dir: Path) -> AsteriskInstallation:
    """Find the Asterisk to run: as the settings say, else the machine's own (>= 18), else the private root.

    Raises:
        NoAsterisk
    """
    if settings.root_dir is not None:
        return private_root(settings.root_dir)
    if settings.program is not None:
        return _own(settings.program)
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if program is not None:
        own = _own(Path(program))
        if own.version[0] >= MINIMUM_MAJOR:
            return own
    return private_root(default_state_dir / ROOT_NAME)


def private_root(root: Path) -> AsteriskInstallation:
    """Describe the Asterisk in a root folder; its own loader runs it, without chroot.

    Raises:
        NoAsterisk
    """
    program = root / "usr/sbin/asterisk"
    loaders = sorted((*root.glob("lib64/ld-linux-*.so.*"), *root.glob("lib/ld-linux-*.so.*")))
    libraries = sorted(root.glob("usr/lib/*-linux-gnu"))
    if not program.exists() or not loaders or not libraries:
        raise NoAsterisk(
            f"no Asterisk in {root}: run `make setup`, or name yours in YULIA_ASTERISK__PROGRAM or "
            "YULIA_ASTERISK__ROOT_DIR, or set YULIA_ASTERISK__EXTERNAL=true"
        )
    path = ":".join(str(place) for library in libraries for place in (library, root / "lib" / library.name))
    command = (str(loaders[0]), "--library-path", path, "--argv0", "asterisk", str(program))
    modules = libraries[0] / "asterisk/modules"
    return AsteriskInstallation(
        command, modules, root / "usr/share/asterisk", _version_of(command), f"private root {root}"
    )


def _own(program: Path) -> AsteriskInstallation:
    version = _version_of((str(program),))
    modules = _first_folder(
        *Path("/usr/lib").glob("*-linux-gnu/asterisk/modules"),
        Path("/usr/lib/asterisk/modules"),
        Path("/usr/lib64/asterisk/modules"),
        Path("/usr/local/lib/asterisk/modules"),
    )
    data = _first_folder(
        *(place for place in (Path("/usr/share/asterisk"), Path("/var/lib/asterisk")) if (place / "sounds").is_dir())
    )
    if modules is None or data is None:
        raise NoAsterisk(f"found {program}, but not its modules and sounds: name a root in YULIA_ASTERISK__ROOT_DIR")
    return AsteriskInstallation((str(program),), modules, data, version, f"the machine's own {program}")


def _first_folder(*places: Path) -> Path | None:
    return next((place for place in places if place.is_dir()), None)


def _version_of(command: tuple[str, ...]) -> tuple[int, ...]:
    try:
        answer = subprocess.run(
            [*command, "-V"], capture_output=True, text=True, timeout=_VERSION_LIMIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoAsterisk(f"cannot run {command[-1]}: {error}") from error
    return parse_version(answer.stdout)
