"""The state folder: where it lies, who may enter it, and the service user."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_SYSTEM_STATE = Path("/var/lib/yulia")
_SOCKET_PATH_LIMIT = 107  # sun_path of unix(7), less its closing zero


class StateError(Exception):
    """The state folder or the service user cannot be used; the message says how to mend it."""


class AlreadyRunning(Exception):
    """Another process runs a line with this state folder."""


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """The unprivileged user that servers run as."""

    name: str
    uid: int
    gid: int


def reachable_by_others(path: Path) -> bool:
    """Whether any user may pass through every folder down to path (mode bits only)."""
    existing = path.resolve()
    while not existing.exists():
        existing = existing.parent
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (existing, *existing.parents))


def default_state_dir(checkout: Path = CHECKOUT, *, as_root: bool | None = None) -> Path:
    """Choose the state folder by the same rule as scripts/setup.sh (`--print-state-dir`)."""
    root = os.geteuid() == 0 if as_root is None else as_root
    if root and not reachable_by_others(checkout):
        digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:8]
        return _SYSTEM_STATE / f"{checkout.name}-{digest}"
    return checkout / ".yulia"


def service_user(name: str) -> ServiceUser | None:
    """Look up the user to drop to; None when the line is not started by root and keeps its own user.

    Raises:
        StateError: root without such a user.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise StateError(
            f"there is no user {name!r} to run Asterisk and Redis as: run `make setup`, "
            "or name another in YULIA_LINE__SERVICE_USER"
        ) from None
    return ServiceUser(name, entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class StateFolders:
    """The folders of one line below its state folder."""

    top: Path

    @property
    def logs(self) -> Path:
        """Output of every process, one file each."""
        return self.top / "logs"

    @property
    def passed_dialogues(self) -> Path:
        """Names of the dialogues that passed their conversations here."""
        return self.top / "passed-dialogues"

    @property
    def redis(self) -> Path:
        """Data and configuration of the private Redis."""
        return self.top / "redis"

    @property
    def asterisk(self) -> Path:
        """Everything of Asterisk but its program."""
        return self.top / "asterisk"

    @property
    def loyalty(self) -> Path:
        """Database of the sandbox loyalty service."""
        return self.top / "loyalty"

    @property
    def models(self) -> Path:
        """Models for hearing that were fetched, and which are chosen."""
        return self.top / "models"

    @property
    def dialogues(self) -> Path:
        """Copies of published dialogues, for a start without Redis."""
        return self.top / "dialogues"

    @property
    def addresses_file(self) -> Path:
        """Where a running line writes down its addresses for `yulia status`."""
        return self.top / "line.json"

    @property
    def lock_file(self) -> Path:
        """Held by the process that runs the line."""
        return self.top / "line.lock"

    def create(self, user: ServiceUser | None) -> None:
        """Make the folders; servers' own ones belong to the service user and are closed to others.

        Raises:
            StateError: the service user cannot get there.
        """
        self.top.mkdir(parents=True, exist_ok=True)
        if user is not None:
            self.top.chmod(0o711)
            if not reachable_by_others(self.top):
                raise StateError(
                    f"user {user.name!r} cannot reach {self.top}: set YULIA_LINE__STATE_DIR to a folder that "
                    "everybody may pass through, such as one under /var/lib"
                )
        for folder, theirs in ((self.logs, False), (self.loyalty, False), (self.redis, True), (self.asterisk, True)):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
            if theirs:
                give(folder, user)


def give(path: Path, user: ServiceUser | None) -> None:
    """Hand a file or folder to the service user."""
    if user is not None:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def write_private(path: Path, text: str, user: ServiceUser | None = None) -> None:
    """Replace a file at once; only its owner may read it, from its first byte on."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    give(temporary, user)
    temporary.replace(path)


def check_socket_path(path: Path) -> None:
    """Refuse a path that is too long for a unix socket.

    Raises:
        StateError
    """
    if len(os.fsencode(path)) > _SOCKET_PATH_LIMIT:
        raise StateError(
            f"the state folder's path is too long for Asterisk's control socket ({path}): "
            "set YULIA_LINE__STATE_DIR to a shorter one"
        )


def hold_lock(path: Path) -> int:
    """Take the lock of a running line; the answer is a descriptor that holds it until it is closed.

    Raises:
        AlreadyRunning
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode().strip()
        os.close(descriptor)
        raise AlreadyRunning(
            f"a line is already running with the state folder {path.parent} (pid {holder or 'unknown'}): "
            "stop it, or set YULIA_LINE__STATE_DIR and other ports for a second one"
        ) from None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
