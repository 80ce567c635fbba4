"""Where the parts of a dialogue lie in its folder."""

from __future__ import annotations

from pathlib import Path


def domain_files(folder: Path, kind: str) -> tuple[Path, ...]:
    """Return `domain/KIND.yml`, whether it is there or not, and then the files of `domain/KIND/`, by topic."""
    return (folder / "domain" / f"{kind}.yml", *sorted((folder / "domain" / kind).glob("*.yml")))
