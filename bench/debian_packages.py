"""Debian packages that the benches take recordings and voices from: fetched by apt, unpacked, never installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ivr.line.state import default_state_dir

CACHE = default_state_dir() / "bench"
"""Everything the benches fetch and make; may be deleted at any time."""
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FETCH_LIMIT_SECONDS = 900


class PackageMissing(Exception):
    """A package could not be fetched or unpacked; the message says why."""


def unpacked(package: str, *, suite: str | None = None, cache: Path = CACHE) -> Path:
    """Return the folder that a package of this machine's Debian mirror is unpacked in, fetching it the first time.

    `suite` is a Debian release by code name, this machine's own when None. The sections main and non-free are looked
    through: RHVoice's voices are in the latter.

    Raises:
        PackageMissing: no apt, no way to the mirror, or no such package.
    """
    folder = cache / "packages" / (f"{package}-{suite}" if suite else package)
    if folder.is_dir():
        return folder
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise PackageMissing(f"{package}: this is no Debian, {tool} is missing")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Unpacked aside and then renamed: what has its final name is whole.
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=folder.parent) as work_name:
        work = Path(work_name)
        options = _apt_options(work, suite or _own_suite())
        _run(["apt-get", *options, "--error-on=any", "update"], work, package)
        _run(["apt-get", *options, "download", package], work, package)
        archive = next(work.glob("*.deb"))
        _run(["dpkg-deb", "-x", str(archive), str(work / "root")], work, package)
        (work / "root" / "VERSION").write_text(archive.name + "\n", encoding="utf-8")
        os.rename(work / "root", folder)
    return folder


def version(folder: Path) -> str:
    """Return the file name, version included, of the package that was unpacked here."""
    return (folder / "VERSION").read_text(encoding="utf-8").strip()


def _apt_options(work: Path, suite: str) -> list[str]:
    """Point apt at lists of its own, so that neither root nor the machine's sources are needed or touched."""
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    key = f" [signed-by={_KEYRING}]" if _KEYRING.exists() else ""
    sources = work / "sources.list"
    sources.write_text(f"deb{key} {_mirror()} {suite} main non-free\n", encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": 2,
        "Acquire::Check-Valid-Until": "false",  # mirrors that were frozen at a date are common on build machines
    }
    return ["-q", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]


def _mirror() -> str:
    listed = subprocess.run(
        ["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI)", "Component: main"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    debian = [uri for uri in listed if uri.rstrip("/").endswith("/debian")]
    if not debian:
        raise PackageMissing("apt has no Debian source on this machine")
    return debian[0]


def _own_suite() -> str:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=(\w+)", release, re.MULTILINE)
    if found is None:
        raise PackageMissing("/etc/os-release names no Debian release")
    return found.group(1)


def _run(command: list[str], work: Path, package: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=work, capture_output=True, text=True, timeout=_FETCH_LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PackageMissing(f"{package}: {command[0]} took longer than {_FETCH_LIMIT_SECONDS} s") from error
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if line.startswith(("E:", "dpkg-deb:"))]
        told = re.sub(r"[a-z+]+://[^ /]+", "MIRROR", complaints[0]) if complaints else f"exit code {done.returncode}"
        raise PackageMissing(f"{package}: {told}")
