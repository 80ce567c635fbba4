"""What every bench writes down of a run: the command, the machine, the figures."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def command_of(target: str, arguments: Sequence[str] | None) -> str:
    """Return the command line that a run was started by; without arguments those of the process are told."""
    return f'make {target} ARGS="{shlex.join(arguments or sys.argv[1:])}"'.replace(' ARGS=""', "")


def run_facts(target: str, arguments: Sequence[str] | None) -> dict[str, Any]:
    """Return when, how and where a bench was run."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_of(target, arguments),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }


def write_results(kind: str, content: Mapping[str, Any]) -> str:
    """Write a results file and return its name."""
    RESULTS.mkdir(exist_ok=True)
    name = f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    (RESULTS / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return name
