"""A private, real PostgreSQL for tests."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

_START_LIMIT_SECONDS = 30.0
_CLUSTER_OPTIONS = ("--username=tests", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C")
_SERVER_OPTIONS = ("-h", "127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB")


def find_programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`; Debian keeps them off the search path."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else None


class PostgresServer:
    """One server on loopback, with a folder and a password of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._password = secrets.token_hex(16)
        self._user = _unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://tests:{self._password}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(self._password)
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        if self._user is not None:
            for path in (self._folder, password_file, data):
                shutil.chown(path, self._user)
        subprocess.run(
            [self._programs / "initdb", "--pgdata", data, *_CLUSTER_OPTIONS, f"--pwfile={password_file}"],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
            timeout=60,
        )
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, "-p", str(self._port), "-k", self._folder, *_SERVER_OPTIONS],
                user=self._user,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_LIMIT_SECONDS
        while "ready to accept connections" not in (text := (self._folder / "log").read_text(errors="replace")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{text[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once, without saving anything
            self._process.wait(timeout=20)
            self._process = None


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
