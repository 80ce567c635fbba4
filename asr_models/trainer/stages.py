"""Stages that are left out when nothing they go by has changed, and go on where they were interrupted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Report = Callable[[str, float], None]
"""What is being done, and how much of it is done, 0..1."""

Facts = Mapping[str, str]
"""What a stage has to say of its result."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step from nothing to a model."""

    name: str
    explanation: str
    inputs: Callable[[], str]  # names all that the result depends on; asked for when the stages before are done
    run: Callable[[Report], Facts]
    folder: Path | None = None  # its pieces; thrown away when what they depend on has changed
    amount: str = ""  # how much is wanted: another one does not spoil the pieces that are there


class StageBook:
    """Which stage was begun and done with which inputs: `<work>/stages/`."""

    def __init__(self, work_dir: Path) -> None:
        self._folder = work_dir / "stages"

    def is_done(self, stage: Stage) -> bool:
        """Say whether the stage was finished with the inputs it has now."""
        return self._read(stage.name).get("done") == f"{stage.inputs()} {stage.amount}"

    def facts(self, name: str) -> dict[str, str]:
        """Recall what a stage had to say; nothing if it never ran."""
        facts = self._read(name).get("facts")
        return {str(name): str(value) for name, value in facts.items()} if isinstance(facts, dict) else {}

    def minutes(self, name: str) -> str:
        """Recall how long a stage took when it last ran to its end; a dash if it never did."""
        return str(self._read(name).get("minutes", "—"))

    def carry_out(self, stage: Stage, report: Report) -> Facts:
        """Run a stage; what an interrupted run with the same inputs left is gone on from."""
        inputs = stage.inputs()
        if stage.folder is not None and self._read(stage.name).get("begun") != inputs:
            shutil.rmtree(stage.folder, ignore_errors=True)
        self._write(stage.name, {"begun": inputs})
        began = time.monotonic()
        facts = dict(stage.run(report))
        minutes = round((time.monotonic() - began) / 60, 1)
        done = {"begun": inputs, "done": f"{inputs} {stage.amount}", "facts": facts, "minutes": minutes}
        self._write(stage.name, done)
        return facts

    def _read(self, name: str) -> dict[str, object]:
        try:
            content = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, name: str, content: Mapping[str, object]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{name}.partial"
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(partial, self._folder / f"{name}.json")


def digest_of(*parts: str | Path) -> str:
    """Name inputs, texts and files' contents, in one short text; a file that is missing counts as empty."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part.read_bytes() if part.is_file() else b""
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()[:16]
