"""Generated secrets of a line: made once, kept in the state folder, readable by their owner alone."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, Field

from ivr.line.state import write_private

FILE_NAME = "secrets.json"


def _token() -> str:
    # Letters, digits, - and _ only: fit for Asterisk's files, URLs and redis.conf alike.
    return secrets.token_urlsafe(24)


class LineSecrets(BaseModel, frozen=True):
    """Passwords and keys of one line. Its printed form shows none of them."""

    ami_secret: str = Field(default_factory=_token, repr=False)
    redis_password: str = Field(default_factory=_token, repr=False)
    loyalty_token: str = Field(default_factory=_token, repr=False)
    attempts_secret: str = Field(default_factory=_token, repr=False)
    agents: dict[str, str] = Field(default_factory=dict, repr=False, description="SIP password by agent's phone")


def load_secrets(state_dir: Path) -> LineSecrets | None:
    """Read the secrets; None when the line was never set up."""
    path = state_dir / FILE_NAME
    if not path.exists():
        return None
    return LineSecrets.model_validate_json(path.read_text(encoding="utf-8"))


def ensure_secrets(state_dir: Path, agents: Iterable[str]) -> LineSecrets:
    """Read the secrets, generating what is missing; what exists is never changed."""
    with _locked(state_dir / f".{FILE_NAME}.lock"):
        known = load_secrets(state_dir)
        passwords = dict(known.agents) if known else {}
        for agent in agents:
            passwords.setdefault(agent, _token())
        wanted = (known or LineSecrets()).model_copy(update={"agents": passwords})
        if wanted != known:
            write_private(state_dir / FILE_NAME, wanted.model_dump_json(indent=2) + "\n")
        return wanted


class _locked:
    """Hold a file lock, so that two commands started together agree on one set of secrets."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
